package ai.tutti.bench;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes safetensors files of random weights as fast as the disk takes them. Products draw their weights from -0.035 to 0.035 (a
 * deviation of 0.02, as BERT starts from), some millions of them again and again; norms are 1 and 0.
 */
final class RandomTensors {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final float BOUND = 0.035f;
    /** Numbers until they come again: a prime, so that no rows of a matrix are alike. */
    private static final int PERIOD = 4_194_301;

    private final DType dtype;
    private final ByteBuffer random;

    /** @param dtype f32, f16 or bf16 */
    RandomTensors(DType dtype) {
        this.dtype = dtype;
        var source = new SplittableRandom(1);
        random = buffer(PERIOD);
        for (int i = 0; i < PERIOD; i++) {
            put(random, (source.nextInt() >> 8) * 0x1p-23f * BOUND);
        }
    }

    private ByteBuffer buffer(int numbers) {
        return ByteBuffer.allocateDirect(numbers * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void put(ByteBuffer buffer, float value) {
        if (dtype == DType.F32) {
            buffer.putFloat(value);
        } else {
            buffer.putShort(Floats.toHalf(dtype, value));
        }
    }

    /** Parts of at most so many bytes, in order. */
    List<Map<String, int[]>> split(Map<String, int[]> tensors, long bytes) {
        var parts = new ArrayList<Map<String, int[]>>();
        parts.add(new LinkedHashMap<>());
        long room = bytes;
        for (var tensor : tensors.entrySet()) {
            long size = elements(tensor.getValue()) * dtype.bytes();
            if (size > room && !parts.getLast().isEmpty()) {
                parts.add(new LinkedHashMap<>());
                room = bytes;
            }
            parts.getLast().put(tensor.getKey(), tensor.getValue());
            room -= size;
        }
        return parts;
    }

    private static long elements(int[] shape) {
        long product = 1;
        for (int size : shape) {
            product *= size;
        }
        return product;
    }

    /** Safetensors: the header's length in eight bytes, the header in JSON, the values. */
    void write(Path file, Map<String, int[]> tensors) throws IOException {
        var header = new LinkedHashMap<String, Object>();
        long offset = 0;
        for (var tensor : tensors.entrySet()) {
            long end = offset + elements(tensor.getValue()) * dtype.bytes();
            header.put(
                    tensor.getKey(),
                    Map.of("dtype", dtype.name(), "shape", tensor.getValue(), "data_offsets", new long[] {offset, end}));
            offset = end;
        }
        var text = JSON.writeValueAsString(header);
        var bytes = (text + " ".repeat((8 - text.length() % 8) % 8)).getBytes(StandardCharsets.US_ASCII);
        random.position(0);
        try (var out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            drain(out, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, bytes.length));
            drain(out, ByteBuffer.wrap(bytes));
            for (var tensor : tensors.entrySet()) {
                long left = elements(tensor.getValue()) * dtype.bytes();
                if (tensor.getKey().toLowerCase(Locale.ROOT).contains("norm")) {
                    drain(out, constant(tensor.getKey().endsWith("weight") ? 1 : 0, (int) left / dtype.bytes()));
                    continue;
                }
                while (left > 0) {
                    if (!random.hasRemaining()) {
                        random.position(0);
                    }
                    int part = (int) Math.min(left, random.remaining());
                    drain(out, random.slice(random.position(), part));
                    random.position(random.position() + part);
                    left -= part;
                }
            }
        }
    }

    private ByteBuffer constant(float value, int numbers) {
        var buffer = buffer(numbers);
        for (int i = 0; i < numbers; i++) {
            put(buffer, value);
        }
        return buffer.flip();
    }

    private static void drain(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
