package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.checkpoint.StoredTensor;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.BlockWeights;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import ai.tutti.engine.tensor.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers whose weights are kept in two bytes, or in one, against the same layers kept whole. */
@Tag("reference")
final class CompactWeightsTest {
    private static final Kernels KERNELS = Kernels.instance();

    /** Tensors in memory. */
    private record InMemory(Map<String, StoredTensor> tensors) implements Checkpoint {
        @Override
        public Set<String> names() {
            return tensors.keySet();
        }

        @Override
        public @Nullable StoredTensor find(String name) {
            return tensors.get(name);
        }

        @Override
        public StoredTensor require(String name, long... shape) {
            var tensor = requireNonNull(tensors.get(name), name);
            assertThat(shape).isEqualTo(tensor.shape());
            return tensor;
        }

        @Override
        public void close() {}
    }

    /** The layers a and b, {@code [out, in]} each, of numbers that each exist in the type; some are its smallest ones. */
    private static Checkpoint layers(Arena arena, DType dtype, int in, int out) {
        var random = new Random(in + out);
        return new InMemory(Map.of(
                "a.weight", tensor(arena, random, dtype, out, in),
                "b.weight", tensor(arena, random, dtype, out, in),
                "a.bias", tensor(arena, random, dtype, out),
                "b.bias", tensor(arena, random, dtype, out)));
    }

    private static StoredTensor tensor(Arena arena, Random random, DType dtype, long... shape) {
        int count = (int) (shape.length == 1 ? shape[0] : shape[0] * shape[1]);
        var data = arena.allocate((long) count * dtype.bytes(), 8);
        for (int i = 0; i < count; i++) {
            float value = (float) random.nextGaussian() * (i % 10 == 0 ? 1e-5f : i % 97 == 0 ? 3f : 0.05f);
            if (dtype == DType.F32) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
            } else {
                data.setAtIndex(ValueLayout.JAVA_SHORT, i, Floats.toHalf(dtype, value));
            }
        }
        long[] strides = shape.length == 1 ? new long[] {1} : new long[] {shape[1], 1};
        return new StoredTensor("tensor", dtype, shape, strides, data, "model.safetensors");
    }

    /** Sizes of one block and of several, with and without a narrow last one, odd ones and a true one. */
    static Stream<Arguments> sizes() {
        return Stream.of(DType.F16, DType.BF16)
                .flatMap(dtype -> Stream.of(
                                new int[] {64, 64}, new int[] {32, 8}, new int[] {7, 5}, new int[] {100, 300}, new int[] {1536, 264})
                        .map(size -> Arguments.of(dtype, size[0], size[1])));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void inF32TwoByteWeightsGiveTheBitsOfWholeOnes(DType dtype, int in, int out) {
        try (var arena = Arena.ofConfined();
                var worker = new Worker(KERNELS)) {
            var checkpoint = layers(arena, dtype, in, out);
            var whole = weights(checkpoint, arena, Precision.F32, Weights.Storage.PACKED);
            var compact = weights(checkpoint, arena, Precision.F32, Weights.Storage.COMPACT);
            var x = random(arena, DType.F32, 40, in);

            var layer = stacked(compact, in, out);
            var expected = everyUse(worker, arena, stacked(whole, in, out), x);
            assertThat(everyUse(worker, arena, layer, x)).isDeepEqualTo(expected);
            assertThat(layer.weights()).isInstanceOf(BlockWeights.class);
            if (in >= 1024) {
                assertThat(compact.bytes()).isBetween(whole.bytes() / 2, whole.bytes() * 6 / 10);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void int8IsNearTheWholeWeights(DType dtype, int in, int out) {
        try (var arena = Arena.ofConfined();
                var worker = new Worker(KERNELS)) {
            var checkpoint = layers(arena, dtype, in, out);
            var int8 = weights(checkpoint, arena, Precision.INT8, Weights.Storage.COMPACT);
            var whole = weights(checkpoint, arena, Precision.F32, Weights.Storage.PACKED);
            var x = random(arena, DType.F32, 40, in);
            var narrow = int8.products() == DType.F32 ? x : narrowed(arena, x);

            var got = result(worker, arena, stacked(int8, in, out), narrow, DType.F32);
            var expected = result(worker, arena, stacked(whole, in, out), x, DType.F32);
            // Codes are off by 1/440 of their group's largest number in the mean, and there are some of 60 sigma; bf16 rounds x by 2^-9.
            assertThat(distance(got, expected)).isLessThan(0.02);
            if (in >= 1024) {
                assertThat(int8.bytes()).isLessThan(whole.bytes() * 3 / 10);
            }
        }
    }

    /** What the vector loops give is what the definition says, bit by bit. */
    @Test
    void int8WeightsAreUnpackedAsDefined() {
        int in = 192;
        int out = 64;
        try (var arena = Arena.ofConfined();
                var worker = new Worker(KERNELS)) {
            var checkpoint = layers(arena, DType.F32, in, out);
            var int8 = weights(checkpoint, arena, Precision.INT8, Weights.Storage.COMPACT);
            var products = int8.products();
            var stored = new float[in * out];
            MemorySegment.copy(checkpoint.require("a.weight", out, in).data(), ValueLayout.JAVA_FLOAT, 0, stored, 0, in * out);
            var rounded = dequantised(stored, in, products);
            var x = random(arena, DType.F32, 32, in);
            var narrow = products == DType.F32 ? x : narrowed(arena, x);
            var plain = weights(checkpoint, arena, products == DType.F32 ? Precision.F32 : Precision.BF16, Weights.Storage.PACKED)
                    .pack(rounded, in, new float[out], products);

            assertThat(result(worker, arena, int8.linear("a", in, out, false), narrow, DType.F32))
                    .isEqualTo(result(worker, arena, plain, narrow, DType.F32));
        }
    }

    private static float[] dequantised(float[] weights, int in, DType products) {
        var result = new float[weights.length];
        for (int group = 0; group < weights.length; group += Kernels.INT8_GROUP) {
            float most = 0;
            for (int i = group; i < group + Kernels.INT8_GROUP; i++) {
                most = Math.max(most, Math.abs(weights[i]));
            }
            float scale = most / 127;
            for (int i = group; i < group + Kernels.INT8_GROUP; i++) {
                float value = (float) Math.rint(weights[i] * (1 / scale)) * scale;
                int bits = Float.floatToRawIntBits(value);
                result[i] = products == DType.F32 ? value : Float.intBitsToFloat((bits + 0x8000) & 0xffff0000);
            }
        }
        assertThat(weights.length % in).isZero();
        return result;
    }

    @ParameterizedTest
    @EnumSource(value = Precision.class)
    void aRowsBitsDoNotDependOnTheOthers(Precision precision) {
        assumeTrue(precision == Precision.INT8 || KERNELS.cpu().supportedPrecisions().contains(precision), "not on this CPU");
        int in = 512;
        int out = 328;
        try (var arena = Arena.ofConfined();
                var worker = new Worker(KERNELS)) {
            var weights = weights(layers(arena, DType.F16, in, out), arena, precision, Weights.Storage.COMPACT);
            var layer = stacked(weights, in, out);
            var all = random(arena, DType.F32, 600, in);
            var expected = result(worker, arena, layer, typed(arena, all, weights.products()), DType.F32);
            for (int rows : List.of(1, 2, 17, 100, 512)) {
                var some = new Matrix(all.data(), DType.F32, rows, in);
                var got = result(worker, arena, layer, typed(arena, some, weights.products()), DType.F32);
                for (int i = 0; i < rows * 2 * out; i++) {
                    assertThat(got[i]).as("%d rows, number %d", rows, i).isEqualTo(expected[i]);
                }
            }
        }
    }

    @Test
    void aTableOfTwoBytesIsReadExactly() {
        try (var arena = Arena.ofConfined()) {
            for (var dtype : List.of(DType.F16, DType.BF16)) {
                var stored = tensor(arena, new Random(5), dtype, 50, 37);
                var weights = weights(new InMemory(Map.of("table", stored)), arena, Precision.F32, Weights.Storage.COMPACT);
                var table = weights.table("table", 50, 37);
                var row = new Matrix(arena.allocate(3 * 37 * 4, 4), DType.F32, 3, 37);

                assertThat(weights.bytes()).isEqualTo(50 * 37 * 2);
                for (int entry = 0; entry < 50; entry++) {
                    table.read(entry, row, 1);
                    for (int i = 0; i < 37; i++) {
                        short bits = stored.data().getAtIndex(ValueLayout.JAVA_SHORT, entry * 37L + i);
                        assertThat(row.data().getAtIndex(ValueLayout.JAVA_FLOAT, 37 + i))
                                .isEqualTo(dtype == DType.F16 ? Float.float16ToFloat(bits) : Floats.fromBf16(bits));
                    }
                }
            }
        }
    }

    @Test
    void everyF16IsWidenedExactly() {
        try (var arena = Arena.ofConfined()) {
            var all = arena.allocate(65_536 * 2L, 8);
            for (int i = 0; i < 65_536; i++) {
                boolean finite = (i & 0x7c00) != 0x7c00;
                all.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (finite ? i : 0));
            }
            var stored = new StoredTensor("table", DType.F16, new long[] {2048, 32}, new long[] {32, 1}, all, "model.safetensors");
            var table = weights(new InMemory(Map.of("table", stored)), arena, Precision.BF16, Weights.Storage.COMPACT)
                    .table("table", 2048, 32);
            var row = new Matrix(arena.allocate(32 * 4, 4), DType.F32, 1, 32);
            for (int entry = 0; entry < 2048; entry++) {
                table.read(entry, row, 0);
                for (int i = 0; i < 32; i++) {
                    short bits = all.getAtIndex(ValueLayout.JAVA_SHORT, entry * 32L + i);
                    assertThat(Float.floatToRawIntBits(row.data().getAtIndex(ValueLayout.JAVA_FLOAT, i)))
                            .isEqualTo(Float.floatToRawIntBits(Float.float16ToFloat(bits)));
                }
            }
        }
    }

    /** An f16 that is f16's largest stays finite as bf16. */
    @Test
    void theLargestF16DoesNotOverflow() {
        assumeTrue(KERNELS.cpu().supportedPrecisions().contains(Precision.BF16), "not on this CPU");
        try (var arena = Arena.ofConfined();
                var worker = new Worker(KERNELS)) {
            var data = arena.allocate(64 * 64 * 2, 8);
            for (int i = 0; i < 64 * 64; i++) {
                data.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(i % 65 == 0 ? 65504 : 0));
            }
            var stored = new StoredTensor("a", DType.F16, new long[] {64, 64}, new long[] {64, 1}, data, "model.safetensors");
            var weights = weights(new InMemory(Map.of("a.weight", stored)), arena, Precision.BF16, Weights.Storage.COMPACT);
            var x = narrowed(arena, random(arena, DType.F32, 16, 64));
            for (float y : result(worker, arena, weights.linear("a", 64, 64, false), x, DType.F32)) {
                assertThat(y).isFinite();
            }
        }
    }

    private static Weights weights(Checkpoint checkpoint, Arena arena, Precision precision, Weights.Storage storage) {
        return new Weights(checkpoint, KERNELS, arena, precision, storage);
    }

    private static Linear stacked(Weights weights, int in, int out) {
        return weights.stacked(List.of("a", "b"), in, out, 1f);
    }

    /** The layer stored, with an activation, gated, added and in the middle of wider rows. */
    private static float[][] everyUse(Worker worker, Arena arena, Linear layer, Matrix x) {
        int room = Kernels.bucket(x.rows());
        var factor = random(arena, x.dtype(), room, layer.out());
        var gated = new Matrix(arena.allocate((long) room * layer.out() * 4, 64), DType.F32, room, layer.out());
        layer.applyGated(worker, x.rows(), grown(arena, x), Activation.SILU, factor, gated);
        var sum = random(arena, DType.F32, room, layer.out());
        layer.addTo(worker, x.rows(), grown(arena, x), sum);
        var wide = random(arena, DType.F32, room, layer.out() + 9);
        layer.applyAt(worker, x.rows(), grown(arena, x), wide, 5);
        return new float[][] {
            result(worker, arena, layer, x, DType.F32), floats(gated, x.rows()), floats(sum, x.rows()), floats(wide, x.rows())
        };
    }

    private static float[] result(Worker worker, Arena arena, Linear layer, Matrix x, DType dtype) {
        int room = Kernels.bucket(x.rows());
        var y = new Matrix(arena.allocate((long) room * layer.out() * dtype.bytes(), 64), dtype, room, layer.out());
        layer.apply(worker, x.rows(), grown(arena, x), Activation.NONE, y);
        return floats(y, x.rows());
    }

    private static float[] floats(Matrix y, int rows) {
        var values = new float[rows * y.columns()];
        MemorySegment.copy(y.data(), ValueLayout.JAVA_FLOAT, 0, values, 0, values.length);
        return values;
    }

    /** The rows with zeros behind them, as products want it. */
    private static Matrix grown(Arena arena, Matrix x) {
        int room = Kernels.bucket(x.rows());
        var target = new Matrix(arena.allocate(room * x.rowBytes(), 64), x.dtype(), room, x.columns());
        MemorySegment.copy(x.data(), 0, target.data(), 0, x.rows() * x.rowBytes());
        return target;
    }

    private static Matrix random(Arena arena, DType dtype, int rows, int columns) {
        var random = new Random(rows * 31L + columns);
        var matrix = new Matrix(arena.allocate((long) rows * columns * dtype.bytes(), 64), dtype, rows, columns);
        for (int i = 0; i < rows * columns; i++) {
            matrix.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return matrix;
    }

    private static Matrix typed(Arena arena, Matrix x, DType dtype) {
        return dtype == DType.F32 ? x : narrowed(arena, x);
    }

    private static Matrix narrowed(Arena arena, Matrix x) {
        var narrow = new Matrix(arena.allocate((long) x.rows() * x.columns() * 2, 64), DType.BF16, x.rows(), x.columns());
        for (int i = 0; i < x.rows() * x.columns(); i++) {
            narrow.data().setAtIndex(ValueLayout.JAVA_SHORT, i, Floats.toBf16(x.data().getAtIndex(ValueLayout.JAVA_FLOAT, i)));
        }
        return narrow;
    }

    /** The length of the difference, as a part of the length of what is expected. */
    private static double distance(float[] got, float[] expected) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < got.length; i++) {
            difference += Math.pow(got[i] - expected[i], 2);
            length += Math.pow(expected[i], 2);
        }
        assertThat(length).isNotCloseTo(0, within(1e-9));
        return Math.sqrt(difference / length);
    }
}
