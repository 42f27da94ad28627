package ai.tutti.engine.nn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention in blocks against the formula, over lengths, head sizes and windows of all kinds. */
@Tag("reference")
final class SelfAttentionTest {
    private static final Random RANDOM = new Random(3);

    @ParameterizedTest
    @CsvSource({
        "4, 8, '1'",
        "1, 64, '1, 2, 16, 17, 1, 100'",
        "3, 10, '300, 5, 257'",
        "2, 80, '1100, 7'",
        "5, 6, '40, 31, 33'",
    })
    void everyTokenSeesItsWholeText(int heads, int headSize, String lengths) {
        compare(new Attention(heads, headSize, DType.F32), heads, headSize, Integer.MAX_VALUE, lengths);
    }

    @ParameterizedTest
    @CsvSource({
        "4, 8, 0, '1, 2, 70'",
        "1, 64, 64, '1, 63, 64, 65, 66, 129, 500, 3, 1100'",
        "3, 10, 1, '300, 5, 257'",
        "2, 80, 13, '48, 49, 200, 64'",
        "5, 6, 5, '40, 31, 33, 1'",
        "2, 16, 2000, '40, 700'",
        "2, 16, 100, '150, 260, 16'",
    })
    void everyTokenSeesItsWindow(int heads, int headSize, int reach, String lengths) {
        compare(new WindowedAttention(heads, headSize, reach, DType.F32), heads, headSize, reach, lengths);
    }

    private static void compare(SelfAttention attention, int heads, int headSize, int reach, String lengths) {
        var texts = new ArrayList<Tokens>();
        for (var length : lengths.split(", ")) {
            texts.add(new Tokens(new int[Integer.parseInt(length)]));
        }
        var tile = Tile.of(texts);
        int width = heads * headSize;
        int room = Kernels.bucket(tile.tokens()) + SelfAttention.SLACK;
        try (var worker = new Worker(Kernels.instance())) {
            var qkv = worker.matrix("qkv", DType.F32, room, 3 * width);
            for (long i = 0; i < (long) room * 3 * width; i++) {
                qkv.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) RANDOM.nextGaussian());
            }
            var context = worker.matrix("context", DType.F32, room, width);
            for (var rows : List.of(Rows.ALL, Rows.FIRST)) {
                attention.apply(worker, tile, qkv, context, rows);
                for (int text = 0; text < tile.texts(); text++) {
                    int count = rows == Rows.ALL ? tile.length(text) : 1;
                    for (int i = 0; i < count; i++) {
                        for (int head = 0; head < heads; head++) {
                            compareRow(tile, text, i, head, heads, headSize, reach, qkv, context);
                        }
                    }
                }
            }
        }
    }

    private static void compareRow(
            Tile tile, int text, int i, int head, int heads, int headSize, int reach, Matrix qkv, Matrix context) {
        int start = tile.starts()[text];
        int from = (int) Math.max(0, (long) i - reach);
        int to = (int) Math.min(tile.length(text), (long) i + reach + 1);
        double[] sum = new double[headSize];
        double total = 0;
        for (int j = from; j < to; j++) {
            double score = 0;
            for (int t = 0; t < headSize; t++) {
                score += get(qkv, start + i, head * headSize + t) * get(qkv, start + j, (heads + head) * headSize + t);
            }
            double weight = Math.exp(score);
            total += weight;
            for (int t = 0; t < headSize; t++) {
                sum[t] += weight * get(qkv, start + j, (2 * heads + head) * headSize + t);
            }
        }
        for (int t = 0; t < headSize; t++) {
            assertThat(get(context, start + i, head * headSize + t))
                    .as("text %d, token %d, head %d, number %d", text, i, head, t)
                    .isCloseTo(sum[t] / total, org.assertj.core.api.Assertions.within(2e-4));
        }
    }

    private static double get(Matrix matrix, int row, int column) {
        return matrix.data().getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * matrix.columns() + column);
    }
}
