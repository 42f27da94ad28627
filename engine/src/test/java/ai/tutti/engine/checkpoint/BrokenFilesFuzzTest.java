package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ai.tutti.engine.Fixtures;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files damaged at random either give tensors that lie inside the file or are refused with one line; nothing hangs, and
 * nothing is allocated on the word of a length that lies.
 */
@Timeout(120)
class BrokenFilesFuzzTest {
    private static final int ROUNDS = 25_000;
    private static final int FOLDERS = 500;
    private static final long ALLOWED_BYTES = 1_000_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final List<byte[]> NASTY = List.of(
            text("9223372036854775807"), text("-1"), text("1e308"), text("[[[[[[[["), text("\""), text("\\u0000"), text("{}"),
            text("null"), text("18446744073709551616"), text("}"), text("1e999999999"), text("true"), text(":"), text(","),
            little(-1), little(Integer.MAX_VALUE), little(Long.MAX_VALUE), little(Long.MIN_VALUE), little(0xFFFFFFFFL),
            little(0x0102030405060708L), text("(t"), text("R"), text("q\0h\0"), text("]a"), text("}s"), text("cos\nsystem\n"));

    private static final String HEADER = """
            {"__metadata__":{"format":"pt"},\
            "bert.embeddings.word_embeddings.weight":{"dtype":"F32","shape":[4,3],"data_offsets":[0,48]},\
            "bert.encoder.layer.0.output.LayerNorm.gamma":{"dtype":"F16","shape":[3],"data_offsets":[48,54]},\
            "classifier.weight":{"dtype":"BF16","shape":[1,3],"data_offsets":[54,60]}}""";

    @TempDir
    Path folder;

    @Test
    void safetensors() {
        byte[] whole = SafetensorsBytes.of(HEADER, 60);

        fuzz(whole, bytes -> Safetensors.read(new MappedFile(Path.of("m.safetensors"), MemorySegment.ofArray(bytes))));
    }

    @Test
    void onnx() {
        fuzz(OnnxTest.sample(), bytes -> Onnx.read(OnnxTest.file(bytes)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void zips(boolean wide) {
        fuzz(PyTorchTest.zip(PyTorchTest.sample(), wide), bytes -> PyTorch.read(PyTorchTest.file(bytes)));
    }

    @Test
    void picklesInSoundZips() {
        fuzz(PyTorchTest.sample(), bytes -> PyTorch.read(PyTorchTest.file(PyTorchTest.zip(bytes, false))));
    }

    @Test
    void picklesBeforeZip() {
        byte[] storage = new byte[24];
        fuzz(PyTorchTest.plain(PyTorchTest.sample(), 6, storage), bytes -> PyTorch.read(PyTorchTest.file(bytes)));
    }

    @Test
    void sentencePieces() {
        byte[] whole = new ProtoWriter()
                .message(1, new ProtoWriter().string(1, "<unk>").real(2, 0).number(3, 2))
                .message(1, new ProtoWriter().string(1, "\u2581word").real(2, -1.5f))
                .message(2, new ProtoWriter().number(3, 1).number(40, 0))
                .message(3, new ProtoWriter().bytes(2, new byte[20]))
                .toByteArray();

        fuzz(whole, ROUNDS, bytes -> SentencePieceFile.read(new MappedFile(Path.of("spm.model"), MemorySegment.ofArray(bytes))));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "config.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "config_sentence_transformers.json"
    })
    void configurations(String file) throws IOException {
        Fixtures.copy("qwen3-embedding", folder);
        Path place = folder.resolve(file);
        fuzz(Files.readAllBytes(place), FOLDERS, bytes -> {
            try {
                Files.write(place, bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            ModelFolder opened = ModelFolder.open(folder);
            opened.scoreActivation();
            opened.architecture();
            opened.modelType();
            opened.config().labels();
            assertThat(opened.maxTokens()).isPositive();
        });
    }

    private static void fuzz(byte[] whole, Function<byte[], List<StoredTensor>> reader) {
        fuzz(whole, ROUNDS, bytes -> read(bytes, reader));
    }

    private static void fuzz(byte[] whole, int rounds, Consumer<byte[]> reader) {
        Random random = new Random(42);
        int refused = 0;
        reader.accept(whole);
        for (int round = 0; round < rounds; round++) {
            byte[] broken = damage(whole, random);
            long before = THREADS.getCurrentThreadAllocatedBytes();
            try {
                reader.accept(broken);
            } catch (ModelLoadException e) {
                refused++;
                String message = Objects.requireNonNull(e.getMessage());
                if (message.length() > 1000 || message.contains("\n") || message.contains("\r")) {
                    fail("not one line: " + message);
                }
            }
            long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            if (allocated > ALLOWED_BYTES) {
                fail("round %d allocated %,d bytes".formatted(round, allocated));
            }
        }
        assertThat(refused).isBetween(rounds / 20, rounds - 1);
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
                if (tensor.data().byteSize() != (last + 1) * tensor.dtype().bytes()) {
                    fail("tensor %s has %d bytes".formatted(name, tensor.data().byteSize()));
                }
            }
        }
    }

    private static byte[] damage(byte[] whole, Random random) {
        byte[] bytes = whole.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(Math.max(1, bytes.length));
            int to = Math.min(bytes.length, at + 1 + random.nextInt(12));
            bytes = switch (random.nextInt(7)) {
                case 0 -> join(Arrays.copyOf(bytes, at), new byte[] {(byte) random.nextInt()}, tail(bytes, at + 1));
                case 1 -> join(Arrays.copyOf(bytes, at), new byte[0], tail(bytes, to));
                case 2 -> join(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, at, to), tail(bytes, to));
                case 3 -> join(Arrays.copyOf(bytes, at), nasty(random), tail(bytes, at + random.nextInt(3)));
                case 4 -> overwritten(bytes, at, nasty(random));
                case 5 -> overwritten(bytes, at, new byte[] {(byte) random.nextInt()});
                default -> random.nextInt(4) == 0 ? Arrays.copyOf(bytes, at) : overwritten(bytes, at, new byte[to - at]);
            };
        }
        return bytes;
    }

    private static byte[] nasty(Random random) {
        return NASTY.get(random.nextInt(NASTY.size()));
    }

    private static byte[] overwritten(byte[] bytes, int at, byte[] with) {
        byte[] changed = bytes.clone();
        System.arraycopy(with, 0, changed, Math.min(at, bytes.length), Math.max(0, Math.min(with.length, bytes.length - at)));
        return changed;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] little(long value) {
        return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
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
