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

/** Products of digits by machine code against sums in double. */
@Tag("reference")
final class DigitTilesTest {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    @BeforeEach
    void requireCode() {
        assumeTrue(Kernels.instance().multipliesDigits(), "this CPU has no products of digits by machine code");
    }

    @ParameterizedTest
    @CsvSource({"64, 48, 16", "64, 16, 3", "192, 768, 40", "768, 48, 130", "768, 64, 200", "128, 160, 33"})
    void productsEqualSumsInDouble(int in, int out, int rows) {
        for (boolean adds : new boolean[] {false, true}) {
            var product = new Product(in, out, rows, 2);
            var result = product.compute(adds);
            double worst = 0;
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < out; column++) {
                    double error = Math.abs(result[row * out + column] - product.expected(adds, row, column));
                    worst = Math.max(worst, error / (1 + Math.abs(product.other[row * out + column])));
                }
            }
            assertThat(worst).as("adds: %s", adds).isLessThan(5e-4);
        }
    }

    @Test
    void aRowIsTheSameWhateverLiesBesideIt() {
        var product = new Product(192, 144, 128, 1);
        var together = product.compute(false);
        for (int row : new int[] {0, 17, 127}) {
            var alone = product.row(row).compute(false);
            assertThat(alone).isEqualTo(Arrays.copyOfRange(together, row * 144, (row + 1) * 144));
        }
    }

    @Test
    void rowsOfNothingStayNothing() {
        var product = new Product(64, 32, 16, 1);
        Arrays.fill(product.x, 0);
        Arrays.fill(product.bias, 0);
        assertThat(product.compute(false)).containsOnly(0f);
    }

    /** Out of blocks of either type come the digits of rows, and scales as often as large as the unit says. */
    @ParameterizedTest
    @CsvSource({"F32, 64, 16, 0, 1", "F32, 128, 37, 3, 0.125", "F16, 64, 20, 0, 1", "F16, 768, 33, 5, 1024", "F16, 128, 1, 2, 256"})
    void blocksAreSplitAsRowsAre(DType type, int columns, int rows, int first, float unit) {
        var random = new Random(columns + rows);
        try (var arena = Arena.ofConfined();
                var worker = new Worker(Kernels.instance())) {
            var blocks = Blocks.room(
                    columns, first + rows, lines -> Product.matrix(arena, type, lines, DigitTiles.COLUMNS));
            var x = Product.matrix(arena, DType.F32, 48, columns);
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    short half = Float.floatToFloat16((float) random.nextGaussian());
                    float value = Float.float16ToFloat(half);
                    x.data().setAtIndex(F32, row * columns + column, value);
                    int block = column / DigitTiles.COLUMNS;
                    long place = blocks.place(block, first + row) + (long) column % DigitTiles.COLUMNS * type.bytes();
                    if (type == DType.F16) {
                        blocks.lines().data().set(ValueLayout.JAVA_SHORT, place, half);
                    } else {
                        blocks.lines().data().set(F32, place, value);
                    }
                }
            }
            var digits = Product.matrix(arena, DType.I8, 48, 2 * columns);
            var expected = Product.matrix(arena, DType.I8, 48, 2 * columns);
            var scales = arena.allocate(4L * 48, 64);
            var expectedScales = arena.allocate(4L * 48, 64);
            DigitTiles.splitBlocks(worker, blocks, first, rows, unit, digits, scales);
            DigitTiles.split(worker, x, rows, expected, expectedScales);
            assertThat(digits.data().mismatch(expected.data())).isEqualTo(-1);
            for (int row = 0; row < rows; row++) {
                assertThat(scales.getAtIndex(F32, row)).isEqualTo(unit * expectedScales.getAtIndex(F32, row));
            }
        }
    }

    /** Rows of some blocks of columns, of which the last one is multiplied. */
    private static final class Product {
        private final int in;
        private final int out;
        private final int rows;
        private final int blocks;
        private final float[] x;
        private final float[] weight;
        private final float[] bias;
        private final float[] other;

        Product(int in, int out, int rows, int blocks) {
            var random = new Random(in + out + rows);
            this.in = in;
            this.out = out;
            this.rows = rows;
            this.blocks = blocks;
            x = gaussian(random, rows * in * blocks, 1);
            weight = gaussian(random, out * in, (float) (1 / Math.sqrt(in)));
            bias = gaussian(random, out, 1);
            other = gaussian(random, rows * out, 1);
        }

        private Product(Product whole, int row) {
            in = whole.in;
            out = whole.out;
            rows = 1;
            blocks = whole.blocks;
            x = Arrays.copyOfRange(whole.x, row * in * blocks, (row + 1) * in * blocks);
            weight = whole.weight;
            bias = whole.bias;
            other = Arrays.copyOfRange(whole.other, row * out, (row + 1) * out);
        }

        Product row(int row) {
            return new Product(this, row);
        }

        float[] compute(boolean adds) {
            try (var arena = Arena.ofConfined();
                    var worker = new Worker(Kernels.instance())) {
                int whole = (rows + DigitTiles.ROWS - 1) / DigitTiles.ROWS * DigitTiles.ROWS;
                var tiles = Kernels.instance().digitTiles(weight, in, DigitTiles.Order.SPLIT, arena);
                var from = matrix(arena, DType.F32, whole, in * blocks);
                MemorySegment.copy(x, 0, from.data(), F32, 0, x.length);
                var digits = matrix(arena, DType.I8, whole, 2 * in * blocks);
                var scales = arena.allocate(4L * whole, 64);
                DigitTiles.split(worker, from, rows, digits, scales);
                var y = matrix(arena, DType.F32, whole, out);
                MemorySegment.copy(other, 0, y.data(), F32, 0, other.length);
                var added = arena.allocateFrom(F32, bias);
                int column = (blocks - 1) * in;
                tiles.multiply(worker, rows, digits, column, scales.address(), y.address(0), out, adds, added);
                return y.data().asSlice(0, 4L * rows * out).toArray(F32);
            }
        }

        private static Matrix matrix(Arena arena, DType type, int rows, int columns) {
            return new Matrix(arena.allocate((long) rows * columns * type.bytes(), 64), type, rows, columns);
        }

        double expected(boolean adds, int row, int column) {
            double sum = bias[column] + (adds ? other[row * out + column] : 0);
            for (int i = 0; i < in; i++) {
                sum += (double) x[(row * blocks + blocks - 1) * in + i] * weight[column * in + i];
            }
            return sum;
        }

        private static float[] gaussian(Random random, int count, float deviation) {
            var values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) random.nextGaussian() * deviation;
            }
            return values;
        }
    }
}
