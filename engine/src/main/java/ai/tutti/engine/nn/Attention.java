package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.FusedAttention;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.HeadProducts.Heads;
import ai.tutti.engine.nn.HeadProducts.Text;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Full self-attention of several heads (Vaswani et al., 2017, arXiv:1706.03762), each text of a tile by itself:
 * {@code softmax(Q Kᵀ / sqrt(d)) V}. The factor {@code 1 / sqrt(d)} is expected to be in the query's weights already.
 *
 * <p><b>Ragged rows, round shapes.</b> Texts lie one after another without padding, but a plan for every length would be
 * hundreds of plans. So a text of n tokens is computed as one of {@code keys(n) >= n} tokens: the rows behind its end, which
 * belong to the next text (or to the slack behind the tile), are read as keys and masked, so that their probability is an
 * exact zero and adds an exact zero; read as queries, they give rows of context that mean nothing. Those rows are then
 * overwritten, since texts are computed in order. All of a tile's rows and {@link #SLACK} more must therefore hold finite
 * numbers. Blocks depend on the text's own length alone: the same text gives the same bits beside any neighbour.
 *
 * <p><b>Blocks.</b> The scores of all heads at once would leave the core's L2 cache at some hundred tokens. Heads and query
 * rows are therefore taken in blocks whose scores and probabilities stay within it.
 *
 * <p>Where there is a {@link FusedAttention}, it does all of a text's heads in one call, and writes no row but the text's own. Its
 * probabilities are a little less exact, which averages out over a text's keys; texts of a few tokens are computed in the other way.
 */
public final class Attention implements SelfAttention {
    private static final int MOST_QUERIES = 128;
    private static final int FEWEST_QUERIES = 32;
    private static final int FIRST_QUERIES = 16;
    /** From so many keys on, a head's keys and values are copied together before the first of its blocks. */
    private static final int LONG = 1024;
    /** Up to so many keys the errors of a fused call's probabilities do not average out. */
    private static final int FEW_KEYS = 8;
    /** Low enough that its exponential is zero, and finite, so that no sum becomes NaN. */
    private static final float MASKED = -1e30f;

    private static final MemorySegment MASK = mask();

    private final HeadProducts products;
    private final @Nullable FusedAttention fused;

    /**
     * @param heads how many heads
     * @param headSize numbers a head
     * @param type of query, key, value, probabilities and context
     */
    public Attention(int heads, int headSize, DType type) {
        products = new HeadProducts(heads, headSize, type);
        fused = Kernels.instance().attention(heads, headSize, type);
    }

    @Override
    public void apply(Worker worker, Tile tile, Matrix qkv, Matrix context, Rows rows) {
        products.attend(worker, tile, rows, (member, heads, text) -> attend(member, heads, text, qkv, context));
    }

    private void attend(Worker worker, Heads heads, Text text, Matrix qkv, Matrix context) {
        if (fused != null && text.length() > FEW_KEYS) {
            int queries = Math.min(text.queries(), text.length());
            fused.run(worker, qkv, text.start(), text.length(), queries, heads.first(), heads.count(), context);
            return;
        }
        int start = text.start();
        int keys = text.keys();
        int queries = text.queries();
        int blockQueries = blockQueries(keys, queries);
        int blockHeads = products.headsAtATime(heads, blockQueries, keys);
        var scores = products.scores(worker, blockHeads * blockQueries, keys);
        var probabilities = products.probabilities(worker, blockHeads * blockQueries, keys);
        long mask = keys == text.length() ? 0 : mask(text.length());
        for (int head = heads.first(); head < heads.end(); head += blockHeads) {
            boolean gathered = keys >= LONG && blockHeads == 1 && queries > blockQueries;
            var layout = gathered ? products.gathered() : products.tokens();
            long key = gathered
                    ? products.gather(worker, qkv, start, head, keys, 1).address(0)
                    : products.key(qkv, start, head);
            long value = gathered
                    ? products.gather(worker, qkv, start, head, keys, 2).address(0)
                    : products.value(qkv, start, head);
            for (int row = 0; row < queries; row += blockQueries) {
                int block = Math.min(blockQueries, queries - row);
                long query = products.query(qkv, start + row, head);
                products.score(worker, blockHeads, block, keys, query, key, layout, scores, mask, false);
                products.attend(
                        worker,
                        blockHeads,
                        block,
                        keys,
                        scores,
                        probabilities,
                        value,
                        layout,
                        context,
                        start + row,
                        head);
            }
        }
    }

    private int blockQueries(int keys, int queries) {
        int block = MOST_QUERIES;
        while (block > FEWEST_QUERIES && !products.fits(block, keys)) {
            block /= 2;
        }
        return Math.min(block, queries);
    }

    /** The length that a text of so many tokens is computed as. */
    static int keys(int length) {
        if (length > LONGEST) {
            throw new IllegalArgumentException("%d tokens are more than %d".formatted(length, LONGEST));
        }
        int step = length <= 256 ? 16 : length <= 1024 ? 32 : SLACK;
        return (length + step - 1) / step * step;
    }

    /** How many query rows are computed. */
    static int queries(Rows rows, int keys) {
        return rows == Rows.FIRST ? Math.min(FIRST_QUERIES, keys) : keys;
    }

    /** The address of a row that masks all keys but the first {@code length}. */
    static long mask(int length) {
        return MASK.address() + (long) (LONGEST - length) * Float.BYTES;
    }

    /** {@link #LONGEST} zeros, then {@link #SLACK} masked places: a text of n tokens takes the last n zeros and on. */
    private static MemorySegment mask() {
        var mask = Arena.global().allocate((long) (LONGEST + SLACK) * Float.BYTES, 64);
        for (int i = LONGEST; i < LONGEST + SLACK; i++) {
            mask.setAtIndex(ValueLayout.JAVA_FLOAT, i, MASKED);
        }
        return mask;
    }
}
