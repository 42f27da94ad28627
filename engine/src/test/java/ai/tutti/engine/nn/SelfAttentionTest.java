package ai.tutti.engine.nn;

import static org.assertj.core.api.Assertions.fail;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import ai.tutti.engine.tensor.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
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

    @ParameterizedTest
    @CsvSource({
        "4, 8, both, '1, 2, 70, 16'",
        "1, 64, both, '63, 64, 65, 129, 300, 1100'",
        "3, 10, keys, '300, 5, 257, 80'",
        "2, 80, queries, '48, 49, 200, 64'",
    })
    void scoresKnowTheDistance(int heads, int headSize, String terms, String lengths) {
        int entries = 40;
        IntUnaryOperator entry = distance -> Math.clamp(distance + entries / 2, 0, entries - 1);
        float[] keys = gaussian(terms.equals("queries") ? 0 : entries * heads * headSize);
        float[] queries = gaussian(terms.equals("keys") ? 0 : entries * heads * headSize);
        try (var arena = Arena.ofConfined();
                var checkpoint = ModelFolder.open(Fixtures.tensors("bert")).checkpoint()) {
            var weights = new Weights(checkpoint, Kernels.instance(), arena, Precision.F32);
            int longest = 1100;
            var attention = new DisentangledAttention(
                    heads,
                    headSize,
                    keys.length == 0
                            ? null
                            : DisentangledAttention.keys(weights, keys, heads, headSize, entry, longest),
                    queries.length == 0
                            ? null
                            : DisentangledAttention.queries(weights, queries, heads, headSize, entry, longest),
                    DType.F32);
            compare(attention, heads, headSize, Integer.MAX_VALUE, lengths, (qkv, head, i, j) -> {
                double sum = 0;
                for (int t = 0; t < headSize; t++) {
                    int place = (entry.applyAsInt(i.place() - j.place()) * heads + head) * headSize + t;
                    sum += keys.length == 0 ? 0 : get(qkv, i.row(), head * headSize + t) * keys[place];
                    sum += queries.length == 0 ? 0 : get(qkv, j.row(), (heads + head) * headSize + t) * queries[place];
                }
                return sum;
            });
        }
    }

    /** What is added to the score of a query and a key. */
    private interface Term {
        double of(Matrix qkv, int head, Token query, Token key);
    }

    private record Token(int place, int row) {}

    private static float[] gaussian(int count) {
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) RANDOM.nextGaussian() / 2;
        }
        return values;
    }

    private static void compare(SelfAttention attention, int heads, int headSize, int reach, String lengths) {
        compare(attention, heads, headSize, reach, lengths, (qkv, head, i, j) -> 0);
    }

    private static void compare(
            SelfAttention attention, int heads, int headSize, int reach, String lengths, Term term) {
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
                            compareRow(tile, text, i, head, heads, headSize, reach, qkv, context, term);
                        }
                    }
                }
            }
        }
    }

    private static void compareRow(
            Tile tile,
            int text,
            int i,
            int head,
            int heads,
            int headSize,
            int reach,
            Matrix qkv,
            Matrix context,
            Term term) {
        int start = tile.starts()[text];
        int from = (int) Math.max(0, (long) i - reach);
        int to = (int) Math.min(tile.length(text), (long) i + reach + 1);
        double[] sum = new double[headSize];
        double total = 0;
        for (int j = from; j < to; j++) {
            double score = term.of(qkv, head, new Token(i, start + i), new Token(j, start + j));
            for (int t = 0; t < headSize; t++) {
                score += get(qkv, start + i, head * headSize + t) * get(qkv, start + j, (heads + head) * headSize + t);
            }
            double weight = Math.exp(score);
            total += weight;
            for (int t = 0; t < headSize; t++) {
                sum[t] += weight * get(qkv, start + j, (2 * heads + head) * headSize + t);
            }
        }
        double worst = 0;
        for (int t = 0; t < headSize; t++) {
            worst = Math.max(worst, Math.abs(get(context, start + i, head * headSize + t) - sum[t] / total));
        }
        if (!(worst < 2e-4)) { // not an assertion for each of a million rows
            fail("text %d, token %d, head %d is %s off", text, i, head, worst);
        }
    }

    private static double get(Matrix matrix, int row, int column) {
        return matrix.data().getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * matrix.columns() + column);
    }
}
