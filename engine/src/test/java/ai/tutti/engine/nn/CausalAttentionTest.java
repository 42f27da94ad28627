package ai.tutti.engine.nn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Causal attention in blocks and chunks against the formula, over lengths, groups, head sizes and windows of all kinds. */
@Tag("reference")
final class CausalAttentionTest {
    private static final int ALL = Integer.MAX_VALUE;

    @ParameterizedTest
    @CsvSource({
        "4, 2, 8, 0, 1",
        "4, 2, 8, 0, 2",
        "4, 4, 6, 0, 70",
        "6, 1, 10, 0, 300",
        "14, 2, 64, 0, 100",
        "2, 1, 8, 0, 1100",
        "32, 1, 4, 0, 90",
        "2, 2, 4, 0, 1025",
        "2, 1, 16, 1, 40",
        "2, 1, 4, 8, 600",
        "2, 2, 4, 512, 1100",
        "2, 1, 4, 513, 1600",
    })
    void everyTokenSeesWhatStandsBeforeIt(int heads, int groups, int size, int window, int length) {
        var attention = new CausalAttention(heads, groups, size, window == 0 ? ALL : window, DType.F32);
        var random = new Random(length);
        int start = 3; // rows of a neighbour lie before the text's
        try (var worker = new Worker(Kernels.instance())) {
            var keys = gaussian(worker, "keys", start + length + CausalAttention.SLACK, groups * size, random);
            var values = gaussian(worker, "values", start + length + CausalAttention.SLACK, groups * size, random);
            var query = gaussian(worker, "query", length, heads * size, random);
            for (int first = 0; first < length; first += Block.ROWS) {
                int rows = Math.min(Block.ROWS, length - first);
                var context = worker.matrix("context", DType.F32, rows, heads * size);
                var queries = attention.queries(worker);
                for (int i = 0; i < rows; i++) {
                    for (int head = 0; head < heads; head++) {
                        for (int t = 0; t < size; t++) {
                            float value = (float) get(query, first + i, head * size + t);
                            queries.data().setAtIndex(ValueLayout.JAVA_FLOAT, attention.place(i, head) + t, value);
                        }
                    }
                }
                attention.apply(worker, queries, 0, rows, first, null, keys, values, start, context);
                for (int i = 0; i < rows; i++) {
                    for (int head = 0; head < heads; head++) {
                        var expected = expected(query, keys, values, start, first + i, head, head / (heads / groups), size, window);
                        double worst = 0;
                        for (int t = 0; t < size; t++) {
                            worst = Math.max(worst, Math.abs(get(context, i, head * size + t) - expected[t]));
                        }
                        if (!(worst < 1e-5)) { // not an assertion for each of a million rows
                            assertThat(worst).as("token %d, head %d", first + i, head).isLessThan(1e-5);
                        }
                    }
                }
            }
        }
    }

    private static double[] expected(
            Matrix query, Matrix keys, Matrix values, int start, int i, int head, int group, int size, int window) {
        var sum = new double[size];
        double total = 0;
        for (int j = window == 0 ? 0 : Math.max(0, i - window + 1); j <= i; j++) {
            double score = 0;
            for (int t = 0; t < size; t++) {
                score += get(query, i, head * size + t) * get(keys, start + j, group * size + t);
            }
            double weight = Math.exp(score);
            total += weight;
            for (int t = 0; t < size; t++) {
                sum[t] += weight * get(values, start + j, group * size + t);
            }
        }
        for (int t = 0; t < size; t++) {
            sum[t] /= total;
        }
        return sum;
    }

    private static Matrix gaussian(Worker worker, String name, int rows, int columns, Random random) {
        var matrix = worker.matrix(name, DType.F32, rows, columns);
        for (long i = 0; i < (long) rows * columns; i++) {
            matrix.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian() / 2);
        }
        return matrix;
    }

    private static double get(Matrix matrix, int row, int column) {
        return matrix.data().getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * matrix.columns() + column);
    }
}
