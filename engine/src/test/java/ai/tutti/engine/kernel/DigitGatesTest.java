package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A product and its gate by machine code, whose digits one more product reads, against sums in double. */
@Tag("reference")
final class DigitGatesTest {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final int BLOCKS = 4;
    private static final int GATE = 1;
    private static final int VALUE = 3;
    private static final int OUT = 16;

    @BeforeEach
    void requireCode() {
        assumeTrue(Kernels.instance().multipliesDigits(), "this CPU has no products of digits by machine code");
    }

    /** Roundings of an eighth of what is safe come to 0.036 of that, what the product leaves out to 0.06; seven of these are rare. */
    @ParameterizedTest
    @CsvSource({"192, 768, 16", "192, 768, 200", "192, 64, 3", "256, 192, 113"})
    void gatedProductsEqualSumsInDouble(int in, int wide, int rows) {
        assertThat(new Gated(in, wide, rows).worstError()).isLessThan(0.5);
    }

    /** Rows in the direction of a row of the weights have results as large as any can be, and usual ones beside them. */
    @ParameterizedTest
    @CsvSource({"64, 64, 16, 7", "192, 768, 40, 35", "192, 768, 70, 0", "128, 192, 33, 32"})
    void resultsAsLargeAsTheyCanBeFit(int in, int wide, int rows, int row) {
        var gated = new Gated(in, wide, rows);
        for (int i = 0; i < in; i++) {
            gated.x[(row * BLOCKS + GATE) * in + i] = 3 * gated.gate[5 * in + i];
            gated.x[(row * BLOCKS + VALUE) * in + i] = -3 * gated.value[5 * in + i];
        }
        assertThat(gated.worstError()).isLessThan(2);
    }

    @Test
    void whatIsLargeChangesNoRowsOfOtherTiles() {
        var gated = new Gated(64, 128, 70);
        var usual = gated.compute();
        for (int i = 0; i < 64; i++) {
            gated.x[(40 * BLOCKS + GATE) * 64 + i] = 3 * gated.gate[5 * 64 + i];
            gated.x[(40 * BLOCKS + VALUE) * 64 + i] = -3 * gated.value[5 * 64 + i];
        }
        var result = gated.compute();
        for (int row : new int[] {0, 31, 64, 69}) {
            assertThat(Arrays.copyOfRange(result, row * OUT, (row + 1) * OUT))
                    .isEqualTo(Arrays.copyOfRange(usual, row * OUT, (row + 1) * OUT));
        }
    }

    @Test
    void rowsOfNothingStayNothing() {
        var gated = new Gated(64, 64, 20);
        Arrays.fill(gated.x, 0);
        assertThat(gated.compute()).containsOnly(0f);
    }

    @Test
    void rowsBehindTheLastHaveNoPart() {
        var gated = new Gated(64, 128, 19);
        var result = gated.compute();
        gated.behind = 1e6f;
        assertThat(gated.compute()).isEqualTo(result);
    }

    private static final class Gated {
        private final int in;
        private final int wide;
        private final int rows;
        private final float[] x;
        private final float[] gate;
        private final float[] value;
        private final float[] down;
        private float behind; // what lies where a last tile has no row

        Gated(int in, int wide, int rows) {
            var random = new Random(in + wide + rows);
            this.in = in;
            this.wide = wide;
            this.rows = rows;
            x = gaussian(random, rows * BLOCKS * in, 1);
            gate = gaussian(random, wide * in, 1 / Math.sqrt(in));
            value = gaussian(random, wide * in, 1 / Math.sqrt(in));
            down = gaussian(random, OUT * wide, 1 / Math.sqrt(wide));
        }

        float[] compute() {
            int whole = (rows + DigitTiles.ROWS - 1) / DigitTiles.ROWS * DigitTiles.ROWS;
            int columns = BLOCKS * in;
            var kernels = Kernels.instance();
            try (var arena = Arena.ofConfined();
                    var worker = new Worker(kernels)) {
                var from = matrix(arena, DType.F32, whole, columns);
                for (int i = 0; i < whole * columns; i++) {
                    from.data().setAtIndex(F32, i, behind);
                }
                var digits = matrix(arena, DType.I8, whole, 2 * columns);
                var scales = arena.allocate(4L * whole, 64);
                var norms = arena.allocate(4L * whole * BLOCKS, 64);
                DigitTiles.splitWithNorms(worker, from, whole, BLOCKS, digits, scales, norms);
                MemorySegment.copy(x, 0, from.data(), F32, 0, x.length);
                DigitTiles.splitWithNorms(worker, from, rows, BLOCKS, digits, scales, norms);
                var results = matrix(arena, DType.I8, whole, 2 * wide);
                var resultScales = arena.allocate(4L * whole, 64);
                kernels.digitGates(gate, value, in, arena)
                        .multiply(worker, rows, digits, GATE, VALUE, scales, norms, results, resultScales);
                var y = matrix(arena, DType.F32, whole, OUT);
                kernels.digitTiles(down, wide, DigitTiles.Order.PLAIN, arena)
                        .multiply(
                                worker,
                                rows,
                                results,
                                0,
                                resultScales.address(),
                                y.address(0),
                                OUT,
                                false,
                                arena.allocate(4L * OUT, 64));
                return y.data().asSlice(0, 4L * rows * OUT).toArray(F32);
            }
        }

        /** In what a digit's one stands for with a scale that is safe, times the norm of the row that it is multiplied with. */
        double worstError() {
            double norms = 0;
            for (int j = 0; j < wide; j++) {
                norms = Math.max(norms, norm(gate, j * in, in) * norm(value, j * in, in));
            }
            var result = compute();
            double worst = 0;
            for (int row = 0; row < rows; row++) {
                double one = norm(x, (row * BLOCKS + GATE) * in, in) * norm(x, (row * BLOCKS + VALUE) * in, in) * norms / DigitLoops.MOST;
                var gated = gated(row);
                for (int i = 0; i < OUT; i++) {
                    double expected = 0;
                    for (int j = 0; j < wide; j++) {
                        expected += gated[j] * down[i * wide + j];
                    }
                    worst = Math.max(worst, Math.abs(expected - result[row * OUT + i]) / (one * norm(down, i * wide, wide)));
                }
            }
            return worst;
        }

        private static double norm(float[] values, int from, int count) {
            double sum = 0;
            for (int i = from; i < from + count; i++) {
                sum += (double) values[i] * values[i];
            }
            return Math.sqrt(sum);
        }

        private double[] gated(int row) {
            var gated = new double[wide];
            for (int i = 0; i < wide; i++) {
                double g = dot((row * BLOCKS + GATE) * in, gate, i * in);
                double v = dot((row * BLOCKS + VALUE) * in, value, i * in);
                gated[i] = Gelu.of(Activation.GELU).applyAsDouble(g) * v;
            }
            return gated;
        }

        private double dot(int from, float[] weight, int row) {
            double sum = 0;
            for (int i = 0; i < in; i++) {
                sum += (double) x[from + i] * weight[row + i];
            }
            return sum;
        }

        private static Matrix matrix(Arena arena, DType type, int rows, int columns) {
            return new Matrix(arena.allocate((long) rows * columns * type.bytes(), 64), type, rows, columns);
        }

        private static float[] gaussian(Random random, int count, double deviation) {
            var values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) (random.nextGaussian() * deviation);
            }
            return values;
        }
    }
}
