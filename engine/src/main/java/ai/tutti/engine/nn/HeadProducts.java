package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;

/**
 * Attention's two products and the softmax between them, for some heads and some query rows at a time, on query, key and
 * value that lie side by side: {@code [tokens, 3 * heads * headSize]}.
 *
 * @param heads of the model
 * @param headSize numbers a head
 * @param type of query, key, value, probabilities and context
 */
record HeadProducts(int heads, int headSize, DType type) {
    /** Scores and probabilities of one block stay within a core's L2 cache. */
    private static final long BLOCK_BYTES = 1_200_000;

    /** Numbers of a token's query, key or value. */
    int width() {
        return heads * headSize;
    }

    long query(Matrix qkv, int row, int head) {
        return qkv.address(row) + (long) head * headSize * type.bytes();
    }

    long key(Matrix qkv, int row, int head) {
        return query(qkv, row, heads + head);
    }

    long value(Matrix qkv, int row, int head) {
        return query(qkv, row, 2 * heads + head);
    }

    /** Working memory for a block's scores. */
    Matrix scores(Worker worker, int rows, int keys) {
        return worker.matrix("attention.scores", DType.F32, rows, keys);
    }

    /** Working memory for a block's probabilities. */
    Matrix probabilities(Worker worker, int rows, int keys) {
        return worker.matrix("attention.probabilities", type, rows, keys);
    }

    /** {@code scores = query keyᵀ}, plus a row of {@code keys} numbers at {@code mask} unless it is 0. */
    void score(Worker worker, int heads, int queries, int keys, long query, long key, Matrix scores, long mask) {
        score(worker, heads, queries, keys, query, key, scores, mask, false);
    }

    /** As the other, or added to what {@code scores} holds. */
    void score(
            Worker worker,
            int heads,
            int queries,
            int keys,
            long query,
            long key,
            Matrix scores,
            long mask,
            boolean accumulate) {
        var spec = new PlanSpec.Batched(
                heads,
                queries,
                keys,
                headSize,
                tokens(),
                tokens().transposed(),
                PlanSpec.Operand.rows(DType.F32, queries * keys, keys),
                mask != 0,
                accumulate);
        worker.multiply(spec, query, key, scores.address(0), mask);
    }

    /** Where the heads of queries, keys and values lie. */
    PlanSpec.Operand tokens() {
        return PlanSpec.Operand.rows(type, headSize, 3 * width());
    }

    /** {@code context = softmax(scores) value}. */
    void attend(
            Worker worker,
            int heads,
            int queries,
            int keys,
            Matrix scores,
            Matrix probabilities,
            long value,
            Matrix context,
            int row,
            int head) {
        worker.softmax(new PlanSpec.Softmax(heads * queries, keys, type), scores.address(0), probabilities.address(0));
        var spec = new PlanSpec.Batched(
                heads,
                queries,
                headSize,
                keys,
                PlanSpec.Operand.rows(type, queries * keys, keys),
                tokens(),
                PlanSpec.Operand.rows(type, headSize, width()),
                false,
                false);
        worker.multiply(spec, probabilities.address(0), value, query(context, row, head), 0);
    }

    /** Whether scores and probabilities of one head's block fit the cache. */
    boolean fits(int queries, int keys) {
        return bytes(1, queries, keys) <= BLOCK_BYTES;
    }

    /** How many heads to take at a time: the largest divisor of their number that keeps a block within the cache. */
    int headsAtATime(int queries, int keys) {
        int block = heads;
        while (block > 1 && (heads % block != 0 || bytes(block, queries, keys) > BLOCK_BYTES)) {
            block--;
        }
        return block;
    }

    private long bytes(int blockHeads, int queries, int keys) {
        return (long) blockHeads * queries * keys * (DType.F32.bytes() + type.bytes());
    }
}
