package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Normed rows and their products in bf16, exact for the mean, against sums in double. */
@Tag("reference")
final class MeanTilesTest {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final float EPSILON = 1e-5f;

    @BeforeEach
    void requireCode() {
        assumeTrue(Kernels.instance().multipliesDigits(), "this CPU has no such products by machine code");
    }

    @ParameterizedTest
    @CsvSource({"64, 32, 16", "64, 96, 3", "128, 64, 40", "768, 96, 130", "768, 64, 512", "1024, 32, 33"})
    void productsEqualSumsInDouble(int in, int out, int rows) {
        var product = new Product(in, out, rows, 1);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < out; column++) {
                assertThat((double) product.y[row][column])
                        .as("row %d, column %d", row, column)
                        .isCloseTo(product.rounded(row, column), within(3e-4));
            }
        }
    }

    /** Where all rows are the same, only their own rounding is left. */
    @Test
    void whatRowsHaveInCommonIsExact() {
        var product = new Product(768, 96, 100, 0);
        double worst = 0;
        double plain = 0;
        for (int column = 0; column < 96; column++) {
            double exact = product.withWeights(50, column);
            worst = Math.max(worst, Math.abs(product.y[50][column] - exact));
            plain = Math.max(plain, Math.abs(product.withRoundedWeights(50, column) - exact));
        }
        assertThat(worst).isLessThan(plain / 50);
    }

    /** Blocks of f16 get what blocks of f32 get, rounded. */
    @Test
    void blocksMayBeHalves() {
        int rows = 37;
        int in = 128;
        var random = new Random(3);
        try (var arena = Arena.ofConfined();
                var worker = new Worker(Kernels.instance())) {
            var x = Product.matrix(arena, DType.F32, 48, in);
            MemorySegment.copy(Product.gaussian(random, rows * in, 2), 0, x.data(), F32, 0, rows * in);
            var scale = arena.allocateFrom(F32, Product.gaussian(random, in, 1));
            var shift = arena.allocateFrom(F32, Product.gaussian(random, in, 1));
            var wide = Blocks.room(in, rows, lines -> Product.matrix(arena, DType.F32, lines, DigitTiles.COLUMNS));
            var halves = Blocks.room(in, rows, lines -> Product.matrix(arena, DType.F16, lines, DigitTiles.COLUMNS));
            var tiles = Product.matrix(arena, DType.BF16, 48, in);
            var mean = arena.allocate(MeanTiles.meanBytes(in), 64);
            MeanTiles.norm(worker, x, scale, shift, EPSILON, rows, wide, 0, tiles, mean);
            MeanTiles.norm(worker, x, scale, shift, EPSILON, rows, halves, 0, tiles, mean);
            for (int block = 0; block < in / DigitTiles.COLUMNS; block++) {
                var half = halves.wide(block);
                for (int i = 0; i < half.length; i++) {
                    float whole = wide.lines().data().get(F32, wide.place(block, 0) + (long) i * Float.BYTES);
                    assertThat(half[i]).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(whole)));
                }
            }
        }
    }

    @Test
    void aPartIsTheSameAsTheWhole() {
        var product = new Product(128, 96, 40, 1);
        var part = product.multiply(32, 64);
        for (int row = 0; row < 40; row++) {
            for (int column = 0; column < 64; column++) {
                assertThat(part[row][column]).isEqualTo(product.y[row][32 + column]);
            }
        }
    }

    /** Rows through the norm, and what becomes of them. */
    private static final class Product {
        private final int in;
        private final int out;
        private final int rows;
        private final float[][] weight;
        private final float[] bias;
        private final float[] x;
        private final float[][] h; // normed, out of the blocks
        private final double[] mean;
        private final float[][] y;

        /** @param spread how much rows differ */
        Product(int in, int out, int rows, float spread) {
            var random = new Random(in + out + rows);
            this.in = in;
            this.out = out;
            this.rows = rows;
            weight = new float[out][];
            for (int i = 0; i < out; i++) {
                weight[i] = gaussian(random, in, (float) (1 / Math.sqrt(in)));
            }
            bias = gaussian(random, out, 1);
            var common = gaussian(random, in, 1);
            x = new float[rows * in];
            for (int i = 0; i < x.length; i++) {
                x[i] = common[i % in] + spread * (float) random.nextGaussian();
            }
            h = new float[rows][in];
            mean = new double[in];
            y = multiply(0, out);
            for (int i = 0; i < in; i++) {
                for (int row = 0; row < rows; row++) {
                    mean[i] += (double) h[row][i] / rows;
                }
            }
        }

        /** Some columns of the product. */
        float[][] multiply(int first, int count) {
            try (var arena = Arena.ofConfined();
                    var worker = new Worker(Kernels.instance())) {
                int whole = (rows + DigitTiles.ROWS - 1) / DigitTiles.ROWS * DigitTiles.ROWS;
                var flat = new float[out * in];
                for (int i = 0; i < out; i++) {
                    System.arraycopy(weight[i], 0, flat, i * in, in);
                }
                var tiles = Kernels.instance().meanTiles(flat, in, arena);
                var from = matrix(arena, DType.F32, whole, in);
                MemorySegment.copy(x, 0, from.data(), F32, 0, x.length);
                var scale = arena.allocate((long) in * Float.BYTES, 64);
                for (int i = 0; i < in; i++) {
                    scale.setAtIndex(F32, i, 1 + i % 3);
                }
                var shift = arena.allocate((long) in * Float.BYTES, 64);
                shift.setAtIndex(F32, 1, 2);
                var blocks = Blocks.room(in, rows + 3, lines -> matrix(arena, DType.F32, lines, DigitTiles.COLUMNS));
                var rounded = matrix(arena, DType.BF16, whole, in);
                var mean = arena.allocate(MeanTiles.meanBytes(in), 64);
                MeanTiles.norm(worker, from, scale, shift, EPSILON, rows, blocks, 3, rounded, mean);
                for (int row = 0; row < rows; row++) {
                    for (int i = 0; i < in; i++) {
                        long line = blocks.place(i / DigitTiles.COLUMNS, 3 + row) / Float.BYTES;
                        h[row][i] = blocks.lines().data().getAtIndex(F32, line + i % DigitTiles.COLUMNS);
                    }
                }
                var to = matrix(arena, DType.F32, whole, count);
                tiles.slice(first, count)
                        .multiply(worker, rows, rounded, mean, arena.allocateFrom(F32, bias).asSlice(4L * first), to.address(0), count);
                var result = new float[rows][];
                for (int row = 0; row < rows; row++) {
                    result[row] = to.data().asSlice(row * to.rowBytes(), to.rowBytes()).toArray(F32);
                }
                return result;
            }
        }

        private static Matrix matrix(Arena arena, DType type, int rows, int columns) {
            return new Matrix(arena.allocate((long) rows * columns * type.bytes(), 64), type, rows, columns);
        }

        /** Rows and weights in bf16, and what the mean makes of the weights' rests. */
        double rounded(int row, int column) {
            double sum = bias[column];
            for (int i = 0; i < in; i++) {
                float rest = weight[column][i] - half(weight[column][i]);
                sum += (double) half(h[row][i]) * half(weight[column][i]) + mean[i] * rest;
            }
            return sum;
        }

        /** Only the row in bf16. */
        double withWeights(int row, int column) {
            double sum = bias[column];
            for (int i = 0; i < in; i++) {
                sum += (double) half(h[row][i]) * weight[column][i];
            }
            return sum;
        }

        /** Both in bf16. */
        double withRoundedWeights(int row, int column) {
            double sum = bias[column];
            for (int i = 0; i < in; i++) {
                sum += (double) half(h[row][i]) * half(weight[column][i]);
            }
            return sum;
        }

        private static float half(float value) {
            return Floats.fromBf16(Floats.toBf16(value));
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
