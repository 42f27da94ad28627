package ai.tutti.cli.rows;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The note beside an unfinished output, {@code OUTPUT.run}: which run writes it. It is there before the first row and goes
 * after the last, and is locked meanwhile, so that an output without a note is never taken for the begin of one, and two runs
 * never write the same.
 */
final class RunNote implements Closeable {
    private static final int LONGEST = 16 << 20;

    private final Path path;
    private final FileChannel channel;

    private RunNote(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Takes the note of an output; makes it where there is none.
     *
     * @throws RowException when another process has it
     */
    static RunNote take(Path output) throws IOException {
        Path path = of(output);
        FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        if (!lock(channel)) {
            channel.close();
            throw new RowException(output + " is being written by another run");
        }
        return new RunNote(path, channel);
    }

    static Path of(Path output) {
        return output.resolveSibling(output.getFileName() + ".run");
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** The run that it tells of; null when it is new, or nobody came to finish writing it. */
    @Nullable Run read() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(LONGEST, channel.size()));
        channel.position(0);
        while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
        return Run.read(java.util.Arrays.copyOf(bytes.array(), bytes.position()));
    }

    /** Writes it anew; the output must be empty by then, as half a note is none. */
    void write(Run run) throws IOException {
        channel.truncate(0).position(0);
        ByteBuffer bytes = ByteBuffer.wrap(run.write());
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        channel.force(true);
    }

    /** The output is whole, or was never begun. */
    void remove() throws IOException {
        Files.deleteIfExists(path);
        close();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
