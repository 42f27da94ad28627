package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.PlanSpec.Operand;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.HeadProducts.Heads;
import ai.tutti.engine.nn.HeadProducts.Text;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Attention that also asks how far two tokens lie apart (He et al., 2021, arXiv:2006.03654), each text of a tile by itself.
 * With the rows {@code Kr} and {@code Qr} of the distance between query i and key j, the scores are
 *
 * <pre>A(i, j) = Q_i · K_j + Q_i · Kr[i - j] + K_j · Qr[i - j]</pre>
 *
 * content to content, content to position, position to content. The scale is expected to be in Q and Qr already.
 *
 * <p><b>No gathering.</b> The tables hold a row for every distance, in order, so the second term of a block of queries is one
 * product with a run of rows, of which each query needs a window that lies one further left than the query's before. Read
 * with rows one number shorter than they are, that result <i>is</i> the block's term: {@code [queries, keys]} numbers at
 * stride {@code width - 1}. The third term comes out in the same way for blocks of keys, transposed.
 *
 * <p><b>Adding by products.</b> Both terms lie at strides that no loop of oneDNN's adds from, and the third is transposed.
 * But a product with the identity matrix copies, transposes and adds at the product's own speed: exactly, since each sum has
 * one term that is not zero. So a block's scores are three products into the same memory, and Java touches no number.
 *
 * <p>Rows behind a text's end are masked as in {@link Attention}, and blocks depend on the text's own length alone.
 */
public final class DisentangledAttention implements SelfAttention {
    /** Rows of a block, and the size of the identity: more means fewer calls and more multiplications by zero. */
    static final int BLOCK = 64;

    private static final MemorySegment ONES_F32 = identity(DType.F32);
    private static final MemorySegment ONES_BF16 = identity(DType.BF16);

    private final HeadProducts products;
    private final @Nullable RelativeTable keys;
    private final @Nullable RelativeTable queries;

    /**
     * @param heads how many heads
     * @param headSize numbers a head
     * @param keys Kr, made by {@link #keys}; null when content does not look for positions
     * @param queries Qr, made by {@link #queries}; null when positions do not look for content
     * @param type of query, key, value, probabilities and context
     */
    public DisentangledAttention(
            int heads, int headSize, @Nullable RelativeTable keys, @Nullable RelativeTable queries, DType type) {
        products = new HeadProducts(heads, headSize, type);
        this.keys = keys;
        this.queries = queries;
    }

    /**
     * Lays out the keys of distances.
     *
     * @param values {@code [entries, heads * headSize]}
     * @param entry the entry of a distance i - j
     * @param positions the most tokens of a text
     */
    public static RelativeTable keys(
            Weights weights, float[] values, int heads, int headSize, IntUnaryOperator entry, int positions) {
        return RelativeTable.of(weights, values, heads, headSize, entry, -1, reach(positions));
    }

    /** Lays out the queries of distances; as {@link #keys}. */
    public static RelativeTable queries(
            Weights weights, float[] values, int heads, int headSize, IntUnaryOperator entry, int positions) {
        return RelativeTable.of(weights, values, heads, headSize, entry, 1, reach(positions));
    }

    private static int reach(int positions) {
        return Attention.keys(positions) + BLOCK;
    }

    @Override
    public void apply(Worker worker, Tile tile, Matrix qkv, Matrix context, Rows rows) {
        products.attend(worker, tile, rows, (member, heads, text) -> attend(member, heads, text, qkv, context));
    }

    private void attend(Worker worker, Heads heads, Text text, Matrix qkv, Matrix context) {
        int start = text.start();
        int keyCount = text.keys();
        int queryCount = text.queries();
        int blockQueries = Math.min(BLOCK, queryCount);
        int blockHeads = products.headsAtATime(heads, blockQueries + queryCount, keyCount);
        var scores = products.scores(worker, blockHeads * blockQueries, keyCount);
        var probabilities = products.probabilities(worker, blockHeads * blockQueries, keyCount);
        long mask = keyCount == text.length() ? 0 : Attention.mask(text.length());
        for (int head = heads.first(); head < heads.end(); head += blockHeads) {
            long key = products.key(qkv, start, head);
            long value = products.value(qkv, start, head);
            var fromKeys = fromKeys(worker, qkv, start, head, blockHeads, keyCount, queryCount);
            for (int row = 0; row < queryCount; row += blockQueries) {
                int block = Math.min(blockQueries, queryCount - row);
                long query = products.query(qkv, start + row, head);
                boolean begun = false;
                if (keys != null) {
                    var fromQueries = fromQueries(worker, query, head, blockHeads, row, blockQueries, block, keyCount);
                    add(worker, blockHeads, block, keyCount, fromQueries, scores, begun);
                    begun = true;
                }
                if (fromKeys != null) {
                    add(worker, blockHeads, block, keyCount, fromKeys.at(row), scores, begun);
                    begun = true;
                }
                var layout = products.tokens();
                products.score(worker, blockHeads, block, keyCount, query, key, layout, scores, mask, begun);
                products.attend(
                        worker,
                        blockHeads,
                        block,
                        keyCount,
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

    /**
     * One of the two terms for a block of heads, where the products left it.
     *
     * @param address of the number of the first query and the first key
     * @param layout as {@code [queries, keys]}
     */
    private record Term(long address, Operand layout) {
        /** The same from another query on; only for terms whose queries lie side by side. */
        Term at(int query) {
            return new Term(address + (long) query * layout.type().bytes(), layout);
        }
    }

    /** {@code Q_i · Kr[i - j]} for a block of queries. */
    private Term fromQueries(
            Worker worker, long query, int head, int heads, int row, int blockQueries, int block, int keyCount) {
        var table = java.util.Objects.requireNonNull(keys);
        int width = keyCount + blockQueries;
        var type = products.type();
        var memory = worker.matrix("attention.fromQueries", type, heads * blockQueries, width);
        int batchStride = blockQueries * width;
        var spec = new PlanSpec.Batched(
                heads,
                block,
                width,
                products.headSize(),
                products.tokens(),
                positions(table).transposed(),
                Operand.rows(type, batchStride, width),
                false,
                false);
        // Row t of the table is of distance center - t; of the block's last query, the first key's comes first.
        int first = table.center() - (row + blockQueries - 1);
        worker.multiply(spec, query, table.address(head, first), memory.address(0), 0);
        long address = memory.address(0) + (long) (blockQueries - 1) * type.bytes();
        return new Term(address, Operand.rows(type, batchStride, width - 1));
    }

    /** {@code K_j · Qr[i - j]} for all keys and all queries, transposed: blocks of keys follow one another at one stride. */
    private @Nullable Term fromKeys(
            Worker worker, Matrix qkv, int start, int head, int heads, int keyCount, int queryCount) {
        if (queries == null) {
            return null;
        }
        int blockKeys = Math.min(BLOCK, keyCount);
        int width = queryCount + blockKeys;
        var type = products.type();
        // A block's last row ends where the next block's first begins to mean something: there they overlap.
        int batchStride = keyCount * (width - 1) + blockKeys;
        var memory = worker.matrix("attention.fromKeys", type, heads, batchStride);
        for (int row = 0; row < keyCount; row += blockKeys) {
            var spec = new PlanSpec.Batched(
                    heads,
                    Math.min(blockKeys, keyCount - row),
                    width,
                    products.headSize(),
                    products.tokens(),
                    positions(queries).transposed(),
                    Operand.rows(type, batchStride, width),
                    false,
                    false);
            int first = queries.center() - (row + blockKeys - 1);
            long target = memory.address(0) + (long) row * (width - 1) * type.bytes();
            worker.multiply(spec, products.key(qkv, start + row, head), queries.address(head, first), target, 0);
        }
        long address = memory.address(0) + (long) (blockKeys - 1) * type.bytes();
        return new Term(address, Operand.rows(type, batchStride, width - 1).transposed());
    }

    private Operand positions(RelativeTable table) {
        return Operand.rows(products.type(), table.count() * products.headSize(), products.headSize());
    }

    /** {@code scores = I term}, or added to what they hold. */
    private void add(
            Worker worker, int heads, int block, int keyCount, Term term, Matrix scores, boolean accumulate) {
        var type = products.type();
        var ones = type == DType.F32 ? ONES_F32 : ONES_BF16;
        var spec = new PlanSpec.Batched(
                heads,
                block,
                keyCount,
                block,
                Operand.rows(type, 0, BLOCK),
                term.layout(),
                Operand.rows(DType.F32, block * keyCount, keyCount),
                false,
                accumulate);
        worker.multiply(spec, ones.address(), term.address(), scores.address(0), 0);
    }

    private static MemorySegment identity(DType type) {
        var ones = Arena.global().allocate((long) BLOCK * BLOCK * type.bytes(), 64);
        for (int i = 0; i < BLOCK; i++) {
            long place = (long) i * (BLOCK + 1);
            if (type == DType.F32) {
                ones.setAtIndex(ValueLayout.JAVA_FLOAT, place, 1);
            } else {
                ones.setAtIndex(ValueLayout.JAVA_SHORT, place, Floats.toBf16(1));
            }
        }
        return ones;
    }
}
