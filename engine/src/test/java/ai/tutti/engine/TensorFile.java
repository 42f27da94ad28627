package ai.tutti.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes a safetensors file of f32 tensors. */
public final class TensorFile {
    private final List<String> entries = new ArrayList<>();
    private final List<float[]> tensors = new ArrayList<>();
    private long end;

    public TensorFile add(String name, float[] values, int... shape) {
        long begin = end;
        end += (long) values.length * Float.BYTES;
        entries.add("\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(name, Arrays.toString(shape), begin, end));
        tensors.add(values);
        return this;
    }

    public void write(Path file) throws IOException {
        byte[] header = ("{" + String.join(",", entries) + "}").getBytes(StandardCharsets.UTF_8);
        var bytes = ByteBuffer.allocate(Math.toIntExact(8 + header.length + end)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length).put(header);
        for (var tensor : tensors) {
            for (float value : tensor) {
                bytes.putFloat(value);
            }
        }
        Files.createDirectories(file.getParent());
        Files.write(file, bytes.array());
    }
}
