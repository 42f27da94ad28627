package ai.tutti.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.json.JsonMapper;

/** Changes a copied folder's {@code model.safetensors} in place. */
final class TensorPatch {
    private final Path file;
    private final ByteBuffer bytes;

    TensorPatch(Path folder) throws IOException {
        file = folder.resolve("model.safetensors");
        bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Sets the numbers of an f32 tensor from {@code first} on, {@code count} of them. */
    TensorPatch fill(String tensor, int first, int count, float value) {
        var begin = JsonMapper.shared().readTree(header()).get(tensor).at("/data_offsets/0").intValue();
        for (int i = first; i < first + count; i++) {
            bytes.putFloat(8 + header().length() + begin + i * Float.BYTES, value);
        }
        return this;
    }

    /** Replaces text of the header by text of the same length. */
    TensorPatch header(String old, String fresh) {
        var changed = header().replace(old, fresh).getBytes(StandardCharsets.US_ASCII);
        bytes.put(8, changed);
        return this;
    }

    void write() throws IOException {
        Files.write(file, bytes.array());
    }

    private String header() {
        return new String(bytes.array(), 8, (int) bytes.getLong(0), StandardCharsets.US_ASCII);
    }
}
