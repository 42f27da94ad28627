package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Files damaged at random either give tensors that lie inside the file or are refused with one line; nothing hangs, and
 * nothing is allocated on the word of a length that lies.
 */
class BrokenWeightsFuzzTest {
    private static final int ROUNDS = 20_000;
    private static final long ALLOWED_BYTES = 2_000_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final List<String> NASTY = List.of(
            "9223372036854775807", "-1", "1e308", "[[[[[[[[", "\"", "\\u0000", "{}", "null", "18446744073709551616", "}");

    private static final String HEADER = """
            {"__metadata__":{"format":"pt"},\
            "bert.embeddings.word_embeddings.weight":{"dtype":"F32","shape":[4,3],"data_offsets":[0,48]},\
            "bert.encoder.layer.0.output.LayerNorm.gamma":{"dtype":"F16","shape":[3],"data_offsets":[48,54]},\
            "classifier.weight":{"dtype":"BF16","shape":[1,3],"data_offsets":[54,60]}}""";

    @Test
    void safetensors() {
        byte[] whole = SafetensorsBytes.of(HEADER, 60);

        fuzz(whole, bytes -> Safetensors.read(new MappedFile(Path.of("m.safetensors"), MemorySegment.ofArray(bytes))));
    }

    @Test
    void onnx() {
        fuzz(OnnxTest.sample(), bytes -> Onnx.read(OnnxTest.file(bytes)));
    }

    @Test
    void pytorch() {
        fuzz(PyTorchTest.zip(PyTorchTest.sample(), true), bytes -> PyTorch.read(PyTorchTest.file(bytes)));
    }

    @Test
    void pytorchBeforeZip() {
        byte[] storage = new byte[24];
        fuzz(PyTorchTest.plain(PyTorchTest.sample(), 6, storage), bytes -> PyTorch.read(PyTorchTest.file(bytes)));
    }

    private static void fuzz(byte[] whole, Function<byte[], List<StoredTensor>> reader) {
        Random random = new Random(42);
        int refused = 0;
        read(whole, reader);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] broken = damage(whole, random);
            long before = THREADS.getCurrentThreadAllocatedBytes();
            try {
                read(broken, reader);
            } catch (ModelLoadException e) {
                refused++;
                assertThat(e.getMessage()).hasLineCount(1).hasSizeLessThan(1000);
            }
            assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(ALLOWED_BYTES);
        }
        assertThat(refused).isBetween(ROUNDS / 10, ROUNDS - 1);
    }

    private static void read(byte[] bytes, Function<byte[], List<StoredTensor>> reader) {
        List<StoredTensor> tensors = reader.apply(bytes);
        try (Checkpoint checkpoint = new MappedCheckpoint(Arena.ofConfined(), "file", tensors)) {
            for (String name : checkpoint.names()) {
                StoredTensor tensor = Objects.requireNonNull(checkpoint.find(name));
                long last = -1;
                if (Arrays.stream(tensor.shape()).noneMatch(dimension -> dimension == 0)) {
                    last = 0;
                    for (int i = 0; i < tensor.shape().length; i++) {
                        last += (tensor.shape()[i] - 1) * tensor.strides()[i];
                    }
                }
                assertThat(tensor.data().byteSize()).isEqualTo((last + 1) * tensor.dtype().bytes());
            }
        }
    }

    private static byte[] damage(byte[] whole, Random random) {
        byte[] bytes = whole.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(Math.max(1, bytes.length));
            int to = Math.min(bytes.length, at + 1 + random.nextInt(12));
            bytes = switch (random.nextInt(5)) {
                case 0 -> join(Arrays.copyOf(bytes, at), new byte[] {(byte) random.nextInt()}, tail(bytes, at + 1));
                case 1 -> join(Arrays.copyOf(bytes, at), new byte[0], tail(bytes, to));
                case 2 -> join(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, at, to), tail(bytes, to));
                case 3 -> join(Arrays.copyOf(bytes, at), nasty(random), tail(bytes, at + random.nextInt(3)));
                default -> Arrays.copyOf(bytes, at);
            };
        }
        return bytes;
    }

    private static byte[] nasty(Random random) {
        return NASTY.get(random.nextInt(NASTY.size())).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] tail(byte[] bytes, int from) {
        return Arrays.copyOfRange(bytes, Math.min(from, bytes.length), bytes.length);
    }

    private static byte[] join(byte[] a, byte[] b, byte[] c) {
        byte[] all = Arrays.copyOf(a, a.length + b.length + c.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        System.arraycopy(c, 0, all, a.length + b.length, c.length);
        return all;
    }
}
