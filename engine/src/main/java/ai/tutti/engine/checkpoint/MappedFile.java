package ai.tutti.engine.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file's bytes, mapped read-only for as long as the arena lives. */
record MappedFile(Path path, MemorySegment bytes) {
    static MappedFile map(Path path, Arena arena) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return new MappedFile(path, channel.map(MapMode.READ_ONLY, 0, channel.size(), arena));
        } catch (NoSuchFileException e) {
            throw new ModelLoadException(path + " is missing: download the model's folder again", e);
        } catch (IOException e) {
            throw new ModelLoadException(path + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Whether a checkout without Git LFS left a few lines of text in the file's place. */
    boolean isPointer() {
        byte[] start = bytes.asSlice(0, Math.min(bytes.byteSize(), 64)).toArray(ValueLayout.JAVA_BYTE);
        String text = new String(start, StandardCharsets.ISO_8859_1);
        return text.startsWith("version ") && text.contains("git-lfs");
    }

    /** The failure to throw about this file; what it tells of the file's content is kept to one line. */
    ModelLoadException broken(String what) {
        return new ModelLoadException(path + " is broken, " + OneLine.of(what) + ": download it again");
    }
}
