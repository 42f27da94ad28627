package ai.tutti.engine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import ai.tutti.engine.tensor.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention in bf16 against the formula, and what a text's neighbours may not change. */
@Tag("reference")
final class Bf16AttentionTest {
    @BeforeEach
    void onCpusWithBf16() {
        assumeTrue(Kernels.instance().cpu().supportedPrecisions().contains(Precision.BF16), "this instruction set has no bf16");
    }

    @ParameterizedTest
    @CsvSource({
        "2, 32, 1, '1 2 15 16 17 31 32 33 63 64 65 100'",
        "3, 64, 1, '1 2 15 16 17 31 32 33 63 64 65 100'",
        "2, 32, 1, '511 512 513 1100'",
        "1, 64, 1, '300 640'",
        "2, 32, 40, '7 40 200'",
        "1, 64, 300, '7 40 200'",
        "2, 48, 1, '5 40'",
    })
    void itIsTheFormula(int heads, int headSize, float scale, String lengths) {
        var tile = tile(lengths);
        try (var worker = new Worker(Kernels.instance())) {
            var qkv = gaussian(worker, tile, heads * headSize, scale, 3);
            var context = worker.matrix("context", DType.BF16, qkv.rows(), heads * headSize);
            new Attention(heads, headSize, DType.BF16).apply(worker, tile, qkv, context, Rows.ALL);
            for (int text = 0; text < tile.texts(); text++) {
                for (int head = 0; head < heads; head++) {
                    compare(qkv, context, heads, headSize, head, tile.starts()[text], tile.length(text));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"32, 1", "32, 16", "32, 33", "64, 70", "64, 160", "32, 520"})
    void aTextsBitsDoNotDependOnItsNeighbours(int headSize, int length) {
        int heads = 2;
        var attention = new Attention(heads, headSize, DType.BF16);
        var alone = tile(Integer.toString(length));
        var between = tile("3 " + length + " 50");
        int width = heads * headSize;
        try (var worker = new Worker(Kernels.instance());
                var other = new Worker(Kernels.instance())) {
            var small = gaussian(worker, alone, width, 1, 5);
            var large = gaussian(other, between, width, 100, 6);
            small.copyRows(0, large, 3, length);
            var expected = worker.matrix("context", DType.BF16, small.rows(), width);
            var found = other.matrix("context", DType.BF16, large.rows(), width);
            attention.apply(worker, alone, small, expected, Rows.ALL);
            attention.apply(other, between, large, found, Rows.ALL);
            assertThat(bytes(found, 3, length)).isEqualTo(bytes(expected, 0, length));
            attention.apply(other, between, large, found, Rows.FIRST);
            assertThat(bytes(found, 3, 1)).isEqualTo(bytes(expected, 0, 1));
        }
    }

    @Test
    void onAmxItIsFused() {
        var kernels = Kernels.instance();
        assumeTrue(kernels.cpu().title().contains("AMX") && System.getProperty("os.name").equals("Linux"), "no Linux on a CPU with AMX");
        assertThat(kernels.attention(12, 32, DType.BF16)).isNotNull();
        assertThat(kernels.attention(12, 64, DType.BF16)).isNotNull();
        assertThat(kernels.attention(12, 48, DType.BF16)).isNull();
        assertThat(kernels.attention(12, 64, DType.F32)).isNull();
    }

    private static Tile tile(String lengths) {
        return Tile.of(List.of(lengths.split(" ")).stream()
                .map(length -> new Tokens(new int[Integer.parseInt(length)]))
                .toList());
    }

    private static byte[] bytes(Matrix matrix, int row, int rows) {
        return matrix.data()
                .asSlice(row * matrix.rowBytes(), rows * matrix.rowBytes())
                .toArray(ValueLayout.JAVA_BYTE);
    }

    /** Queries, keys and values; scores are of the scale's size. */
    private static Matrix gaussian(Worker worker, Tile tile, int width, float scale, int seed) {
        var random = new Random(seed);
        int rows = Kernels.bucket(tile.tokens()) + SelfAttention.SLACK;
        int columns = 3 * width;
        var qkv = worker.matrix("qkv", DType.BF16, rows, columns);
        double query = scale * Math.sqrt(1.0 / 32);
        for (long i = 0; i < (long) rows * columns; i++) {
            double value = random.nextGaussian() * (i % columns < width ? query : 1);
            qkv.data().setAtIndex(ValueLayout.JAVA_SHORT, i, Floats.toBf16((float) value));
        }
        return qkv;
    }

    private static void compare(Matrix qkv, Matrix context, int heads, int headSize, int head, int start, int length) {
        int width = heads * headSize;
        var q = numbers(qkv, start, length, head * headSize, headSize);
        var k = numbers(qkv, start, length, width + head * headSize, headSize);
        var v = numbers(qkv, start, length, 2 * width + head * headSize, headSize);
        var found = numbers(context, start, length, head * headSize, headSize);
        var weights = new double[length];
        for (int i = 0; i < length; i++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < length; j++) {
                double score = 0;
                for (int t = 0; t < headSize; t++) {
                    score += q[i][t] * k[j][t];
                }
                weights[j] = score;
                largest = Math.max(largest, score);
            }
            double sum = 0;
            for (int j = 0; j < length; j++) {
                weights[j] = Math.exp(weights[j] - largest);
                sum += weights[j];
            }
            for (int t = 0; t < headSize; t++) {
                double expected = 0;
                for (int j = 0; j < length; j++) {
                    expected += weights[j] / sum * v[j][t];
                }
                double error = Math.abs(found[i][t] - expected);
                if (!(error < 0.008 + 0.004 * Math.abs(expected))) { // not an assertion for each of a million numbers
                    fail("%d tokens, token %d, head %d, number %d: %s, not %s", length, i, head, t, found[i][t], expected);
                }
            }
        }
    }

    private static double[][] numbers(Matrix matrix, int row, int rows, int column, int columns) {
        var numbers = new double[rows][columns];
        MemorySegment data = matrix.data();
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                long place = (long) (row + i) * matrix.columns() + column + j;
                numbers[i][j] = Float.intBitsToFloat(data.getAtIndex(ValueLayout.JAVA_SHORT, place) << 16);
            }
        }
        return numbers;
    }
}
