package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchTest {
    private static final byte[] SIX = floats(0, 1, 2, 3, 4, 5);

    @TempDir
    Path folder;

    @Test
    void aPublishedFile() {
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.folder("m2-bert"))) {
            StoredTensor table = checkpoint.require("embeddings.word_embeddings.weight", 1024, 48);
            assertThat(table.dtype()).isEqualTo(DType.F32);
            assertThat(table.data().byteSize()).isEqualTo(1024 * 48 * 4);
            assertThat(checkpoint.require("embeddings.position_ids", 1, 64).dtype()).isEqualTo(DType.I64);
            String filter = "encoder.layer.0.attention.filter_fn.implicit_filter";
            StoredTensor one = Objects.requireNonNull(checkpoint.find(filter + ".1.freq"));
            StoredTensor other = Objects.requireNonNull(checkpoint.find(filter + "_rev.5.freq"));
            assertThat(one.data().address()).isEqualTo(other.data().address());
            assertThat(numbers(one)).doesNotContain(0f);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void viewsOfOneStorage(boolean wideZip) {
        List<StoredTensor> tensors = PyTorch.read(file(zip(sample(), wideZip)));

        assertThat(tensors).extracting(StoredTensor::name).containsExactly("plain", "turned", "part", "scalar", "none");
        assertSample(tensors);
        assertThat(tensors.get(4).data().byteSize()).isZero();
    }

    @Test
    void theFormatBeforeZip() {
        assertSample(PyTorch.read(file(plain(sample(), SIX.length / 4, SIX))));
    }

    @Test
    void theFormatBeforeZipKnowsViewsOfStorages() {
        byte[] pickle = new PickleBytes().dictionary().op('(').text("view")
                .global("torch._utils", "_rebuild_tensor").op('(').op('(')
                .text("storage").global("torch", "FloatStorage").text("0").text("cpu").number(6)
                .op('(').text("1").number(2).number(3).op('t').op('t').op('Q')
                .number(1).numbers(2).numbers(1).op('t').op('R')
                .op('u').stop();

        assertThat(numbers(PyTorch.read(file(plain(pickle, 6, SIX))).getFirst())).containsExactly(3, 4);
    }

    @Test
    void checkpointsInCheckpoints() {
        byte[] pickle = new PickleBytes().op('}').op('(')
                .text("epoch").number(3)
                .text("state_dict").dictionary().op('(').text("a").tensor("FloatStorage", "0", 6, 0, longs(6), 1).op('u')
                .op('u').stop();

        assertThat(PyTorch.read(file(zip(pickle, false)))).extracting(StoredTensor::name).containsExactly("a");
    }

    @Test
    void parametersSizesAndItemsAsPython2WritesThem() {
        byte[] pickle = new PickleBytes().global("collections", "OrderedDict").op('(').op(']').op('(').op(']').op('(')
                .op('U').op(1).op('a')
                .global("torch._utils", "_rebuild_parameter").op('(')
                .global("torch._utils", "_rebuild_tensor_v2").op('(').storage("FloatStorage", "0", 6).number(0)
                .global("torch", "Size").op('(').numbers(2, 3).op('t').op('R').numbers(3, 1).op(0x89).dictionary().op('t').op('R')
                .op(0x88).dictionary().op('t').op('R')
                .op('e').op('e').op('t').op('R').stop();

        assertThat(PyTorch.read(file(zip(pickle, false))).getFirst().shape()).containsExactly(2, 3);
    }

    @Test
    void untypedStorages() {
        byte[] pickle = new PickleBytes().op('}').op('(').text("half")
                .global("torch._utils", "_rebuild_tensor_v3").op('(')
                .op('(').text("storage").global("torch.storage", "UntypedStorage").text("0").text("cpu").number(24).op('t').op('Q')
                .number(10).numbers(2).numbers(1).op(0x89).dictionary().global("torch", "bfloat16").op('t').op('R')
                .op('u').stop();

        StoredTensor tensor = PyTorch.read(file(zip(pickle, false))).getFirst();

        assertThat(tensor.dtype()).isEqualTo(DType.BF16);
        assertThat(tensor.data().byteSize()).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({
        "os, system", "builtins, eval", "numpy.core.multiarray, _reconstruct", "torch.nn.modules.linear, Linear",
        "torch, QInt8Storage", "torch.storage, _load_from_bytes", "torch._utils, _rebuild_qtensor", "collections, deque"
    })
    void everythingElseIsRefusedByName(String module, String name) {
        byte[] pickle = new PickleBytes().global(module, name).op('(').text("touch /tmp/x").op('t').op('R').stop();

        refused(zip(pickle, false), "p.bin asks for " + module + "." + name + "; such a file is not read");
        refused(plain(pickle, 0), "p.bin asks for " + module + "." + name + "; such a file is not read");
    }

    @Test
    void namesByTheirOwnOpcodeAreNoWayRound() {
        refused(zip(new PickleBytes().text("posix").text("system").op(0x93).stop(), false), "asks for posix.system;");
    }

    @ParameterizedTest
    @CsvSource({
        "7,    0, 2,                    3,  1, storage data/0 has 24 bytes",
        "9223372036854775807, 0, 2,     3,  1, more than the file has bytes",
        "6,    0, 7,                    1,  1, tensor a of shape [7] with strides [1]",
        "6,    1, 6,                    1,  1, 1 numbers into 6",
        "6,    0, 4611686018427387904,  1,  1, does not lie inside",
        "6,    0, 4611686018427387904,  0,  0, does not lie inside",
        "6,    0, 2,  9223372036854775807,  1, does not lie inside",
        "6,    9223372036854775807, 1,  1,  1, does not lie inside",
        "6,   -1, 1,                    1,  1, something else where the format has a size",
        "6,    0, 2,                   -1,  1, something else where the format has a size",
    })
    void aViewThatLies(long elements, long first, long dimension, long stride, int unused, String message) {
        byte[] pickle = new PickleBytes().op('}').op('(').text("a")
                .tensor("FloatStorage", "0", elements, first, longs(dimension), stride).op('u').stop();

        refused(zip(pickle, false), message);
    }

    @Test
    void shapeAndStridesOfDifferentLength() {
        refused(zip(new PickleBytes().op('}').op('(').text("a")
                .tensor("FloatStorage", "0", 6, 0, longs(2, 3), 1).op('u').stop(), false), "strides [1]");
    }

    @Test
    void oneStorageDescribedInTwoWays() {
        refused(zip(new PickleBytes().op('}').op('(')
                .text("a").tensor("FloatStorage", "0", 6, 0, longs(6), 1)
                .text("b").tensor("HalfStorage", "0", 12, 0, longs(6), 1).op('u').stop(), false), "storage 0 in two ways");
    }

    @Test
    void aPickleThatIsNoDictionary() {
        refused(zip(new PickleBytes().number(7).stop(), false), "it holds no dictionary of tensors");
        refused(zip(new PickleBytes().op('}').stop(), false), "it holds no weights");
        refused(zip(new PickleBytes().op('R').stop(), false), "takes more than it has stored");
        refused(zip(new PickleBytes().op('(').op('t').op('0').op('0').stop(), false), "takes more than it has stored");
        refused(zip(new PickleBytes().op('i').stop(), false), "unknown opcode 0x69");
        refused(zip(new PickleBytes().raw().text("x").raw((byte) 'h', (byte) 3).stop(), false), "asks for value 3");
    }

    @Test
    void valuesThatHoldThemselves() {
        refused(zip(new PickleBytes().op(']').op('q').op(0).op('h').op(0).op('a').stop(), false), "no dictionary of tensors");
        refused(zip(new PickleBytes().op('}').op('q').op(0).text("model").op('h').op(0).op('s').stop(), false), "no weights");
    }

    @Test
    void aZipThatLies() {
        byte[] whole = zip(sample(), false);
        int directory = whole.length - 22;

        refused(changed(whole, directory + 10, 3), "its zip directory has 4 entries and says 3");
        refused(changed(whole, directory + 12, whole.length), "does not fit a file of");
        refused(changed(whole, directory + 19, 0x40), "does not fit a file of");
        refused(Arrays.copyOf(whole, whole.length - 1), "begins as a zip file and does not end as one");
        int first = indexOf(whole, 0x02014b50);
        refused(changed(whole, first + 10, 8), "p/data.pkl is compressed or encrypted");
        refused(changed(whole, first + 8, 1), "p/data.pkl is compressed or encrypted");
        refused(changed(whole, first + 20, 3), "p/data.pkl has");
        refused(changed(changed(whole, first + 23, 1), first + 27, 1), "does not fit a file of");
        refused(changed(whole, first + 42, 1), "does not fit a file of");
        refused(changed(whole, first + 46, '/'), "it is a zip without PyTorch's data.pkl");
        int second = first + 46 + "p/data.pkl".length();
        refused(changed(changed(whole, second + 43, 0), second + 42, 0), "overlaps another");
    }

    @Test
    void zipsOfOtherThings() {
        byte[] pickle = sample();
        refused(new ZipBytes(false).add("p/data.pkl", pickle).add("p/data.pkl", pickle).bytes(), "two entries named p/data.pkl");
        refused(new ZipBytes(false).add("p/data.pkl", pickle).bytes(), "it lacks the storage data/0");
        refused(new ZipBytes(false).add("p/data.pkl", pickle).add("p/constants.pkl", pickle).bytes(), "holds a program");
        refused(new ZipBytes(false).add("p/data.pkl", pickle).add("p/byteorder", "big").bytes(), "big-endian");
    }

    @Test
    void otherFiles() {
        refused(new byte[0], "it was not written by torch.save");
        refused(new byte[] {'n', 'o', 'n', 'e'}, "it was not written by torch.save");
        refused(new PickleBytes().number(1).stop(), "it was not written by torch.save");
        refused(plain(sample(), 5, SIX), "has not the 6 numbers of F32");
        refused(plain(sample(), 6, floats(0, 1)), "has not the 6 numbers of F32");
        refused(plain(sample(), 6, floats(0, 1, 2, 3, 4, 5, 6)), "its storages end at byte");
    }

    @Test
    void theOldFormatInShards() throws IOException {
        Files.write(folder.resolve("pytorch_model-00001-of-00001.bin"), zip(sample(), false));
        Files.writeString(folder.resolve("pytorch_model.bin.index.json"),
                "{\"weight_map\": {\"plain\": \"pytorch_model-00001-of-00001.bin\"}}");

        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.names()).contains("plain", "turned");
        }
    }

    @Test
    void headsBesideAWrappedEncoder() {
        TensorNames names = TensorNames.of(List.of("module.bert.embeddings.word_embeddings.weight", "module.classifier.weight"));

        assertThat(names.plain("module.bert.pooler.dense.weight")).isEqualTo("pooler.dense.weight");
        assertThat(names.plain("module.classifier.weight")).isEqualTo("classifier.weight");
        assertThat(names.plain("head.LayerNorm.gamma")).isEqualTo("head.LayerNorm.weight");
    }

    /** A whole storage as [2, 3], the same turned to [3, 2], its end, a scalar, and a tensor without numbers. */
    static byte[] sample() {
        return new PickleBytes().dictionary().op('q').op(1).op('(')
                .text("plain").tensor("FloatStorage", "0", 6, 0, longs(2, 3), 3, 1)
                .text("turned").tensor("FloatStorage", "0", 6, 0, longs(3, 2), 1, 3)
                .text("part").tensor("FloatStorage", "0", 6, 4, longs(2), 1)
                .text("scalar").tensor("FloatStorage", "0", 6, 5, longs())
                .text("none").tensor("FloatStorage", "0", 6, 6, longs(0, 7), 7, 1)
                .text("steps").number(7)
                .op('u')
                .op('}').text("_metadata").dictionary().op('s').op('b')
                .stop();
    }

    static byte[] zip(byte[] pickle, boolean wide) {
        return new ZipBytes(wide).add("p/data.pkl", pickle).add("p/byteorder", "little").add("p/data/0", SIX)
                .add("p/version", "3\n").bytes();
    }

    static byte[] plain(byte[] pickle, long elements, byte... storage) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] magic = {0x6c, (byte) 0xfc, (byte) 0x9c, 0x46, (byte) 0xf9, 0x20, 0x6a, (byte) 0xa8, 0x50, 0x19};
        bytes.writeBytes(new PickleBytes().op(0x8a).op(10).raw(magic).stop());
        bytes.writeBytes(new PickleBytes().number(1001).stop());
        bytes.writeBytes(new PickleBytes().op('}').text("little_endian").op(0x88).op('s').stop());
        bytes.writeBytes(pickle);
        bytes.writeBytes(new PickleBytes().op(']').text("0").op('a').stop());
        bytes.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(elements).array());
        bytes.writeBytes(storage);
        return bytes.toByteArray();
    }

    static MappedFile file(byte[] bytes) {
        return new MappedFile(Path.of("p.bin"), MemorySegment.ofArray(bytes));
    }

    private static void assertSample(List<StoredTensor> tensors) {
        assertThat(numbers(tensors.get(0))).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(tensors.get(1).strides()).containsExactly(1, 3);
        assertThat(tensors.get(1).shape()).containsExactly(3, 2);
        assertThat(numbers(tensors.get(2))).containsExactly(4, 5);
        assertThat(numbers(tensors.get(3))).containsExactly(5);
    }

    private static void refused(byte[] bytes, String message) {
        Consumer<Throwable> oneLine = e -> assertThat(e.getMessage()).hasLineCount(1);
        assertThatThrownBy(() -> PyTorch.read(file(bytes)))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(message)
                .satisfies(oneLine);
    }

    private static float[] numbers(StoredTensor tensor) {
        float[] numbers = new float[(int) (tensor.data().byteSize() / tensor.dtype().bytes())];
        Floats.read(tensor.data(), tensor.dtype(), 0, 1, numbers, 0, numbers.length);
        return numbers;
    }

    private static byte[] changed(byte[] bytes, int at, int value) {
        byte[] changed = bytes.clone();
        changed[at] = (byte) value;
        return changed;
    }

    private static int indexOf(byte[] bytes, int signature) {
        MemorySegment segment = MemorySegment.ofArray(bytes);
        int at = 0;
        while (segment.get(ValueLayout.JAVA_INT_UNALIGNED, at) != signature) {
            at++;
        }
        return at;
    }

    private static long[] longs(long... values) {
        return values;
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }
}
