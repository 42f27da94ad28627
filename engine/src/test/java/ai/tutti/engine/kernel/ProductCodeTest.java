package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The engine's own product of bf16, on CPUs that have it, against the formula; {@link CodedRowsTest} has that of codes. */
final class ProductCodeTest {
    /** Rows around those that are computed. */
    private static final int GUARD = 16;

    private static final byte UNTOUCHED = 0x55;

    private final Arena arena = Arena.ofShared();
    private final Random random = new Random(3);
    private Worker worker;

    @BeforeEach
    void onCpusThatHaveIt() {
        worker = new Worker(Kernels.instance());
        assumeTrue(packing(64, 64, Activation.NONE) instanceof TilePacking, "this CPU has no products by machine code");
    }

    @AfterEach
    void close() {
        worker.close();
        arena.close();
    }

    @ParameterizedTest
    @CsvSource({
        "16, 32, 32, NONE, BF16, false",
        "48, 96, 64, NONE, BF16, false",
        "112, 384, 1152, NONE, BF16, false",
        "16, 384, 1536, GELU, BF16, false",
        "80, 416, 96, GELU_TANH, BF16, false",
        "32, 544, 448, RELU, BF16, false",
        "48, 800, 64, NONE, F32, false",
        "64, 1536, 384, NONE, F32, true",
        "16, 3072, 768, NONE, F32, true",
        "32, 768, 3072, GELU, BF16, false",
    })
    void itIsTheFormula(int rows, int in, int out, Activation activation, DType type, boolean add) {
        var x = inputs(rows, in);
        var weight = gaussian(in * out, 1 / Math.sqrt(in));
        var bias = vector(gaussian(out, 1));
        var packed = pack(weight, in, activation);
        var y = guarded(type, rows, out);
        if (add) {
            for (int i = 0; i < rows * out; i++) {
                y.data().setAtIndex(ValueLayout.JAVA_FLOAT, GUARD * out + i, i % 7);
            }
        }
        worker.linear(rows, x.address(0), packed, bias, activation, add, y, y.address(GUARD));
        for (int row = 0; row < rows; row += 3) {
            for (int n = 0; n < out; n++) {
                double expected = activated(activation, sum(x, weight, row, n) + bias.getAtIndex(ValueLayout.JAVA_FLOAT, n));
                expected += add ? (row * out + n) % 7 : 0;
                double slack = type == DType.BF16 ? 2e-4 + Math.abs(expected) / 256 : 2e-4;
                assertThat(number(y, GUARD + row, n)).isCloseTo(expected, within(slack));
            }
        }
        requireUntouched(y, 0, GUARD);
        requireUntouched(y, GUARD + rows, 2 * GUARD + rows);
    }

    @ParameterizedTest
    @CsvSource({"384, 96", "1536, 64", "3072, 768", "768, 2304"})
    void aRowsBitsDoNotDependOnTheOthers(int in, int out) {
        int rows = 112;
        var x = inputs(rows, in);
        var weights = pack(gaussian(in * out, 1 / Math.sqrt(in)), in, Activation.NONE);
        var bias = vector(gaussian(out, 1));
        var y = guarded(DType.BF16, rows, out);
        worker.linear(rows, x.address(0), weights, bias, Activation.NONE, false, y, y.address(0));
        for (int row = 0; row < rows; row += 11) {
            var alone = inputs(16, in);
            x.copyRows(row, alone, 5, 1);
            var z = guarded(DType.BF16, 16, out);
            worker.linear(16, alone.address(0), weights, bias, Activation.NONE, false, z, z.address(0));
            long first = row * y.rowBytes();
            long other = 5 * z.rowBytes();
            assertThat(MemorySegment.mismatch(y.data(), first, first + y.rowBytes(), z.data(), other, other + z.rowBytes()))
                    .isEqualTo(-1);
        }
    }

    @Test
    void someOutputsAreThoseOfAll() {
        var x = inputs(32, 1536);
        var weights = pack(gaussian(1536 * 384, 0.02), 1536, Activation.NONE);
        var bias = vector(gaussian(384, 1));
        var y = guarded(DType.BF16, 32, 384);
        worker.linear(32, x.address(0), weights, bias, Activation.GELU, false, y, y.address(0));
        var z = guarded(DType.BF16, 32, 384);
        for (int first = 0; first < weights.panels(); first += 5) {
            int count = Math.min(5, weights.panels() - first);
            int output = TileWeights.output(first);
            var some = bias.asSlice((long) output * Float.BYTES);
            long to = z.address(0) + 2L * output;
            worker.linear(32, x.address(0), weights.slice(first, count), some, Activation.GELU, false, z, to);
        }
        assertThat(y.data().mismatch(z.data())).isEqualTo(-1);
    }

    @Test
    void whatItDoesNotTakeIsLeftToOthers() {
        assertThat(packing(64, 64, Activation.SILU)).isInstanceOf(WholePacking.class);
        assertThat(packing(64, 48, Activation.NONE)).isInstanceOf(WholePacking.class);
        assertThat(packing(48, 64, Activation.NONE)).isInstanceOf(WholePacking.class);
        var shape = new ProductCode.Shape(64, 64, false, DType.BF16, 64, false, Activation.SILU, false);
        assertThatThrownBy(() -> ProductCode.make(shape)).isInstanceOf(IllegalArgumentException.class);
    }

    private Packing packing(int in, int out, Activation activation) {
        return Kernels.instance().packing(in, out, DType.BF16, activation, arena);
    }

    private TileWeights pack(float[] weight, int in, Activation activation) {
        int out = weight.length / in;
        try (var packing = packing(in, out, activation)) {
            for (int first = 0; first < out; first += packing.step()) {
                packing.put(first, weight, first * in, Math.min(packing.step(), out - first));
            }
            return (TileWeights) packing.packed();
        }
    }

    private static double activated(Activation activation, double x) {
        return switch (activation) {
            case NONE -> x;
            case RELU -> Math.max(x, 0);
            default -> Gelu.of(activation).applyAsDouble(x);
        };
    }

    /** With the weights rounded as they are packed. */
    private static double sum(Matrix x, float[] weight, int row, int n) {
        int in = x.columns();
        double sum = 0;
        for (int k = 0; k < in; k++) {
            sum += number(x, row, k) * Float.intBitsToFloat(Floats.toBf16(weight[n * in + k]) << 16);
        }
        return sum;
    }

    private Matrix inputs(int rows, int columns) {
        var matrix = new Matrix(arena.allocate(2L * rows * columns, 64), DType.BF16, rows, columns);
        for (int i = 0; i < rows * columns; i++) {
            matrix.data().setAtIndex(ValueLayout.JAVA_SHORT, i, Floats.toBf16((float) random.nextGaussian()));
        }
        return matrix;
    }

    private float[] gaussian(int count, double deviation) {
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return values;
    }

    private MemorySegment vector(float[] values) {
        return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
    }

    private Matrix guarded(DType type, int rows, int columns) {
        int all = rows + 2 * GUARD;
        var matrix = new Matrix(arena.allocate((long) all * columns * type.bytes(), 64), type, all, columns);
        matrix.data().fill(UNTOUCHED);
        return matrix;
    }

    private static void requireUntouched(Matrix matrix, int from, int to) {
        for (long i = from * matrix.rowBytes(); i < to * matrix.rowBytes(); i++) {
            assertThat(matrix.data().get(ValueLayout.JAVA_BYTE, i)).isEqualTo(UNTOUCHED);
        }
    }

    private static double number(Matrix matrix, int row, int n) {
        long place = (long) row * matrix.columns() + n;
        return matrix.dtype() == DType.BF16
                ? Float.intBitsToFloat(matrix.data().getAtIndex(ValueLayout.JAVA_SHORT, place) << 16)
                : matrix.data().getAtIndex(ValueLayout.JAVA_FLOAT, place);
    }
}
