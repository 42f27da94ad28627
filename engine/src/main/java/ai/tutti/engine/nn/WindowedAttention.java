package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.HeadProducts.Heads;
import ai.tutti.engine.nn.HeadProducts.Text;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;

/**
 * Self-attention within a window (Beltagy et al., 2020, arXiv:2004.05150): token i sees the tokens j with
 * {@code |i - j| <= reach}. Otherwise as {@link Attention}.
 *
 * <p><b>Blocks along the diagonal.</b> A block of queries is multiplied with the keys between the first one's leftmost and
 * the last one's rightmost: {@code queries + 2 * reach} of them, wherever in the text the block lies. So a token costs the
 * same in a text of any length. Of such a block's scores, those left and right of the band are overwritten by a number so
 * low that its probability is an exact zero; so are those behind the text's end. At either end of a text the span of keys is
 * moved inside it, and keeps its size, for one plan serves all blocks.
 */
public final class WindowedAttention implements SelfAttention {
    private static final int QUERIES = 64;
    private static final int STEP = 16;
    /** Four of these bytes are the float -1.7e38: its exponential is zero, and no sum becomes NaN. */
    private static final byte MASKED = (byte) 0xfe;

    private final HeadProducts products;
    private final int reach;

    /**
     * @param heads how many heads
     * @param headSize numbers a head
     * @param reach how far a token sees to either side; at least 0
     * @param type of query, key, value, probabilities and context
     */
    public WindowedAttention(int heads, int headSize, int reach, DType type) {
        products = new HeadProducts(heads, headSize, type);
        this.reach = reach;
    }

    @Override
    public void apply(Worker worker, Tile tile, Matrix qkv, Matrix context, Rows rows) {
        products.attend(worker, tile, rows, (member, heads, text) -> attend(member, heads, text, qkv, context));
    }

    private void attend(Worker worker, Heads heads, Text text, Matrix qkv, Matrix context) {
        int start = text.start();
        int keys = text.keys();
        int queries = text.queries();
        int blockQueries = Math.min(QUERIES, queries);
        int span = span(blockQueries, keys);
        int blockHeads = products.headsAtATime(heads, blockQueries, span);
        var scores = products.scores(worker, blockHeads * blockQueries, span);
        var probabilities = products.probabilities(worker, blockHeads * blockQueries, span);
        for (int head = heads.first(); head < heads.end(); head += blockHeads) {
            for (int row = 0; row < queries; row += blockQueries) {
                int block = Math.min(blockQueries, queries - row);
                int first = Math.clamp(row - reach, 0, keys - span);
                long query = products.query(qkv, start + row, head);
                long key = products.key(qkv, start + first, head);
                long value = products.value(qkv, start + first, head);
                products.score(worker, blockHeads, block, span, query, key, scores, 0);
                mask(scores, blockHeads, block, span, row - first, text.length() - first);
                products.attend(
                        worker,
                        blockHeads,
                        block,
                        span,
                        scores,
                        probabilities,
                        value,
                        products.tokens(),
                        context,
                        start + row,
                        head);
            }
        }
    }

    /** How many keys a block of queries is multiplied with. */
    private int span(int blockQueries, int keys) {
        long needed = blockQueries + 2L * reach;
        return (int) Math.min(keys, (needed + STEP - 1) / STEP * STEP);
    }

    /**
     * Overwrites what a block's queries do not see.
     *
     * @param diagonal the first query's own place among the span's keys
     * @param end the place among the span's keys where the text ends; it may lie behind them
     */
    private void mask(Matrix scores, int blockHeads, int queries, int span, int diagonal, int end) {
        for (int head = 0; head < blockHeads; head++) {
            for (int i = 0; i < queries; i++) {
                int own = Math.min(diagonal + i, end - 1); // rows behind the text's end mean nothing
                long row = (long) (head * queries + i) * span;
                fill(scores, row, row + Math.max(0, own - reach));
                fill(scores, row + Math.min(end, (long) own + reach + 1), row + span);
            }
        }
    }

    private static void fill(Matrix scores, long from, long to) {
        if (from < to) {
            scores.data().asSlice(from * Float.BYTES, (to - from) * Float.BYTES).fill(MASKED);
        }
    }
}
