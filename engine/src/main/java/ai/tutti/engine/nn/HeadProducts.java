package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;

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

    /** Some heads, side by side. */
    record Heads(int first, int count) {
        /** The first head behind them. */
        int end() {
            return first + count;
        }
    }

    /**
     * One text of a tile.
     *
     * @param start its first row
     * @param length its tokens
     * @param keys the length that it is computed as
     * @param queries how many query rows are computed
     */
    record Text(int start, int length, int keys, int queries) {}

    /** Attention of some heads over one text. */
    @FunctionalInterface
    interface Attend {
        void run(Worker worker, Heads heads, Text text);
    }

    /** Attends with all heads over all texts; heads are parted among a team's workers, each of whom takes the texts in order. */
    void attend(Worker worker, Tile tile, Rows rows, Attend attend) {
        worker.split(heads, 1, 1, (member, first, count) -> {
            for (int text = 0; text < tile.texts(); text++) {
                int keys = Attention.keys(tile.length(text));
                int queries = Attention.queries(rows, keys);
                attend.run(
                        member, new Heads(first, count), new Text(tile.starts()[text], tile.length(text), keys, queries));
            }
        });
    }

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

    /**
     * Copies one head's numbers of a whole text to where they lie side by side. What long texts read again and again would
     * otherwise be spread over as many pages as there are tokens.
     *
     * @param group 1 for keys, 2 for values
     * @return {@code [keys, headSize]}
     */
    Matrix gather(Worker worker, Matrix qkv, int start, int head, int keys, int group) {
        var target = worker.matrix(group == 1 ? "attention.keys" : "attention.values", type, keys, headSize);
        long column = (long) (group * heads + head) * headSize * type.bytes();
        for (int i = 0; i < keys; i++) {
            MemorySegment.copy(
                    qkv.data(),
                    (start + i) * qkv.rowBytes() + column,
                    target.data(),
                    i * target.rowBytes(),
                    target.rowBytes());
        }
        return target;
    }

    /** {@code scores = query keyᵀ}, plus a row of {@code keys} numbers at {@code mask} unless it is 0. */
    void score(Worker worker, int heads, int queries, int keys, long query, long key, Matrix scores, long mask) {
        score(worker, heads, queries, keys, query, key, tokens(), scores, mask, false);
    }

    /** As the other, with the keys where {@code layout} says, or added to what {@code scores} holds. */
    void score(
            Worker worker,
            int heads,
            int queries,
            int keys,
            long query,
            long key,
            PlanSpec.Operand layout,
            Matrix scores,
            long mask,
            boolean accumulate) {
        var spec = new PlanSpec.Batched(
                heads,
                queries,
                keys,
                headSize,
                tokens(),
                layout.transposed(),
                PlanSpec.Operand.rows(DType.F32, queries * keys, keys),
                mask != 0,
                accumulate);
        worker.multiply(spec, query, key, scores.address(0), mask);
    }

    /** Where the heads of queries, keys and values lie. */
    PlanSpec.Operand tokens() {
        return PlanSpec.Operand.rows(type, headSize, 3 * width());
    }

    /** Where a head's numbers lie after {@link #gather}. */
    PlanSpec.Operand gathered() {
        return PlanSpec.Operand.rows(type, headSize, headSize);
    }

    /** {@code context = softmax(scores) value}, the values where {@code layout} says. */
    void attend(
            Worker worker,
            int heads,
            int queries,
            int keys,
            Matrix scores,
            Matrix probabilities,
            long value,
            PlanSpec.Operand layout,
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
                layout,
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
    int headsAtATime(Heads heads, int queries, int keys) {
        int block = heads.count();
        while (block > 1 && (heads.count() % block != 0 || bytes(block, queries, keys) > BLOCK_BYTES)) {
            block--;
        }
        return block;
    }

    private long bytes(int blockHeads, int queries, int keys) {
        return (long) blockHeads * queries * keys * (DType.F32.bytes() + type.bytes());
    }
}
