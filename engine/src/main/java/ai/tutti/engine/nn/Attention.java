package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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
 * rows are therefore taken in blocks whose scores and probabilities stay within {@link #BLOCK_BYTES}.
 */
public final class Attention implements SelfAttention {
    private static final long BLOCK_BYTES = 1_200_000;
    private static final int MOST_QUERIES = 128;
    private static final int FEWEST_QUERIES = 32;
    private static final int FIRST_QUERIES = 16;
    /** Low enough that its exponential is zero, and finite, so that no sum becomes NaN. */
    private static final float MASKED = -1e30f;

    private static final MemorySegment MASK = mask();

    private final int heads;
    private final int headSize;
    private final DType type;

    /**
     * @param heads how many heads
     * @param headSize numbers a head
     * @param type of query, key, value, probabilities and context
     */
    public Attention(int heads, int headSize, DType type) {
        this.heads = heads;
        this.headSize = headSize;
        this.type = type;
    }

    @Override
    public void apply(Worker worker, Tile tile, Matrix qkv, Matrix context, Rows rows) {
        for (int text = 0; text < tile.texts(); text++) {
            int start = tile.starts()[text];
            int length = tile.length(text);
            if (length > LONGEST) {
                throw new IllegalArgumentException("%d tokens are more than %d".formatted(length, LONGEST));
            }
            int keys = keys(length);
            int queries = rows == Rows.FIRST ? Math.min(FIRST_QUERIES, keys) : keys;
            attend(worker, qkv, context, start, length, keys, queries);
        }
    }

    private void attend(Worker worker, Matrix qkv, Matrix context, int start, int length, int keys, int queries) {
        int blockQueries = blockQueries(keys, queries);
        int blockHeads = blockHeads(keys, blockQueries);
        int width = heads * headSize;
        int scoreRows = blockHeads * blockQueries;
        var scores = worker.matrix("attention.scores", DType.F32, scoreRows, keys);
        var probabilities = worker.matrix("attention.probabilities", type, scoreRows, keys);
        long mask = MASK.address() + (long) (LONGEST - length) * Float.BYTES;
        boolean masked = keys != length;
        for (int head = 0; head < heads; head += blockHeads) {
            long column = (long) head * headSize * type.bytes();
            long key = qkv.address(start) + column + (long) width * type.bytes();
            long value = key + (long) width * type.bytes();
            for (int row = 0; row < queries; row += blockQueries) {
                int block = Math.min(blockQueries, queries - row);
                worker.scores(
                        new PlanSpec.Scores(blockHeads, block, keys, headSize, 3 * width, type, masked),
                        qkv.address(start + row) + column,
                        key,
                        scores.address(0),
                        mask);
                worker.softmax(
                        new PlanSpec.Softmax(blockHeads * block, keys, type), scores.address(0), probabilities.address(0));
                worker.context(
                        new PlanSpec.Context(blockHeads, block, keys, headSize, 3 * width, width, type),
                        probabilities.address(0),
                        value,
                        context.address(start + row) + column);
            }
        }
    }

    /** The length that a text of so many tokens is computed as. */
    static int keys(int length) {
        int step = length <= 256 ? 16 : length <= 1024 ? 32 : SLACK;
        return (length + step - 1) / step * step;
    }

    private int blockQueries(int keys, int queries) {
        int block = MOST_QUERIES;
        while (block > FEWEST_QUERIES && bytes(1, block, keys) > BLOCK_BYTES) {
            block /= 2;
        }
        return Math.min(block, queries);
    }

    /** The largest divisor of the number of heads that keeps a block within the cache. */
    private int blockHeads(int keys, int queries) {
        int block = heads;
        while (block > 1 && (heads % block != 0 || bytes(block, queries, keys) > BLOCK_BYTES)) {
            block--;
        }
        return block;
    }

    private long bytes(int blockHeads, int queries, int keys) {
        return (long) blockHeads * queries * keys * (DType.F32.bytes() + type.bytes());
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
