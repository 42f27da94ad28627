package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.SoftmaxLoops;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * Causal self-attention: a token sees itself and what stands before it, all of it or a window. Query heads share keys and
 * values in groups (Ainslie et al., 2023, arXiv:2305.13245); one group of all heads, and groups of one, are special cases.
 *
 * <p><b>Chunks.</b> Scores of a long text would not even fit the memory. A block of queries meets the keys in chunks that
 * begin at fixed places of the text, and keeps a running softmax (Dao et al., 2022, arXiv:2205.14135; {@link SoftmaxLoops});
 * scores, probabilities and sums of one block and chunk stay within a core's L2 cache. Keys behind a block's last query, and
 * before its first one's window, are not multiplied at all.
 *
 * <p><b>Groups.</b> The queries of one group's heads lie one below another, so their product with the group's keys is one
 * product of {@code queries * heads} rows, and keys and values are never copied.
 *
 * <p><b>Same bits.</b> What a row does not see adds exact zeros, and chunks are cut by position, so a row's result depends on
 * its text and its place alone.
 */
public final class CausalAttention {
    /** Rows behind the last token's key and value that may be read, and must hold finite numbers. */
    public static final int SLACK = 32;

    private static final int CHUNK = 512;
    /** What a chunk's number of keys is rounded up to, so that there are few plans. */
    private static final int STEP = 32;
    /** Rows of one product with a chunk's keys. */
    private static final int PRODUCT_ROWS = 256;

    private static final int QUERY_STEP = 16;
    private static final int ROOM = Block.ROWS + QUERY_STEP;
    /** Scores and probabilities of one block and chunk stay within a core's L2 cache. */
    private static final long CACHE_BYTES = 1_200_000;

    private final int heads;
    private final int groups;
    private final int headSize;
    private final int window;
    private final DType type;

    /**
     * @param heads how many query heads
     * @param groups how many heads of keys and values; they divide {@code heads}
     * @param headSize numbers a head
     * @param window how many tokens a token sees, itself included
     * @param type of query, key, value, probabilities and context
     */
    public CausalAttention(int heads, int groups, int headSize, int window, DType type) {
        if (heads < 1 || groups < 1 || heads % groups != 0 || window < 1) {
            throw new IllegalArgumentException("%d heads in %d groups, window %d".formatted(heads, groups, window));
        }
        this.heads = heads;
        this.groups = groups;
        this.headSize = headSize;
        this.window = window;
        this.type = requireNonNull(type, "type is null");
    }

    /** Heads that share keys and values. */
    private int share() {
        return heads / groups;
    }

    /** Room for the queries of a block. */
    public Matrix queries(Worker worker) {
        return worker.matrix("attention.queries", type, groups * ROOM, share() * headSize);
    }

    /** Where in {@link #queries} a head of a block's row lies, in numbers from its beginning. */
    public long place(int row, int head) {
        int group = head / share();
        return (((long) group * ROOM + row) * share() + head % share()) * headSize;
    }

    /**
     * Attends for some neighbouring tokens of a text.
     *
     * @param queries as {@link #queries} gave it, with {@code 1 / sqrt(headSize)} in it
     * @param query the first token's row in it
     * @param rows how many tokens
     * @param position the first token's place in the text, its prefix included
     * @param prefix what the text begins with, computed already, or null
     * @param keys {@code [tokens + SLACK, groups * headSize]}
     * @param values likewise
     * @param start the row in both of the text's first token behind the prefix
     * @param context the result, {@code [tokens, heads * headSize]}, from the first token's row {@code query} on
     */
    public void apply(
            Worker worker,
            Matrix queries,
            int query,
            int rows,
            int position,
            KeyValues.@Nullable Layer prefix,
            Matrix keys,
            Matrix values,
            int start,
            Matrix context) {
        var seen = prefix == null
                ? new Seen(keys, values, start)
                : new Seen(worker, prefix, keys, values, start, position + rows);
        worker.split(groups, 1, 1, (member, first, count) -> {
            attend(member, first, first + count, queries, query, rows, position, seen, context);
        });
    }

    /** The groups from {@code first} to {@code end}, exclusive. */
    private void attend(
            Worker worker,
            int first,
            int end,
            Matrix queries,
            int query,
            int rows,
            int position,
            Seen seen,
            Matrix context) {
        int most = Math.max(1, Integer.highestOneBit(PRODUCT_ROWS / share()));
        for (int done = 0; done < rows; done += most) {
            int count = Math.min(most, rows - done);
            int planned = Math.min(most, (count + QUERY_STEP - 1) / QUERY_STEP * QUERY_STEP);
            planned = count == 1 ? (share() == 1 ? 2 : 1) : planned;
            int widest = Math.min(CHUNK, round(position + done + count));
            int together = groupsAtATime(end - first, planned * share(), widest);
            for (int group = first; group < end; group += together) {
                new Part(worker, query + done, count, planned, position + done, group, together)
                        .run(queries, seen, context);
            }
        }
    }

    private static int round(int keys) {
        return (keys + STEP - 1) / STEP * STEP;
    }

    /** How many groups to take at a time: the largest divisor of their number that stays within the cache. */
    private int groupsAtATime(int some, int rows, int keys) {
        int together = some;
        long each = (long) rows * keys * (DType.F32.bytes() + type.bytes());
        while (together > 1 && (some % together != 0 || each * together > CACHE_BYTES)) {
            together--;
        }
        return together;
    }

    /**
     * Where a text's keys and values lie. Those of a prefix lie in memory of their own; the chunk in which it ends is joined
     * with what follows.
     */
    private static final class Seen {
        private final Matrix keys;
        private final Matrix values;
        private final int start;
        private final KeyValues.@Nullable Layer prefix;
        private final @Nullable Matrix jointKeys;
        private final @Nullable Matrix jointValues;

        /** Of a text without a prefix. */
        Seen(Matrix keys, Matrix values, int start) {
            this.keys = keys;
            this.values = values;
            this.start = start;
            prefix = null;
            jointKeys = null;
            jointValues = null;
        }

        /** @param end how many keys there are */
        Seen(Worker worker, KeyValues.Layer prefix, Matrix keys, Matrix values, int start, int end) {
            this.keys = keys;
            this.values = values;
            this.start = start;
            this.prefix = prefix;
            boolean joint = prefix.tokens() % CHUNK != 0;
            jointKeys = joint ? join(worker, "attention.joint.keys", prefix.keys(), keys, end) : null;
            jointValues = joint ? join(worker, "attention.joint.values", prefix.values(), values, end) : null;
        }

        private Matrix join(Worker worker, String name, Matrix front, Matrix behind, int end) {
            int chunk = front.rows() / CHUNK * CHUNK;
            int ofFront = front.rows() - chunk;
            int ofBehind = Math.min(CHUNK, end - chunk) - ofFront;
            var joint = worker.matrix(name, front.dtype(), CHUNK, front.columns());
            front.copyRows(chunk, joint, 0, ofFront);
            behind.copyRows(start, joint, ofFront, ofBehind);
            joint.clear(ofFront + ofBehind, round(ofFront + ofBehind));
            return joint;
        }

        long key(int chunk) {
            return address(prefix == null ? null : prefix.keys(), jointKeys, keys, chunk);
        }

        long value(int chunk) {
            return address(prefix == null ? null : prefix.values(), jointValues, values, chunk);
        }

        private long address(@Nullable Matrix front, @Nullable Matrix joint, Matrix behind, int chunk) {
            if (front == null || chunk >= front.rows()) {
                return behind.address(start + chunk - (front == null ? 0 : front.rows()));
            }
            return joint == null || chunk + CHUNK <= front.rows() ? front.address(chunk) : joint.address(0);
        }
    }

    /** Some queries, and some groups of their heads. */
    private final class Part {
        private final Worker worker;
        private final int query;
        private final int count;
        private final int position;
        private final int group;
        private final int together;
        /** Rows of one group's products. */
        private final int rows;

        private final Matrix sums;
        private final float[] state;

        /**
         * @param query the first one's row
         * @param count how many queries
         * @param planned how many are computed
         * @param position the first one's place in the text
         * @param group the first group
         * @param together how many groups
         */
        Part(Worker worker, int query, int count, int planned, int position, int group, int together) {
            this.worker = worker;
            this.query = query;
            this.count = count;
            this.position = position;
            this.group = group;
            this.together = together;
            rows = planned * share();
            sums = worker.matrix("attention.sums", DType.F32, together * rows, headSize);
            state = SoftmaxLoops.start(together * rows);
        }

        void run(Matrix queries, Seen keysAndValues, Matrix context) {
            int end = position + count;
            int first = Math.max(0, position - window + 1) / CHUNK * CHUNK;
            long query = queries.address(0) + place(this.query, group * share()) * type.bytes();
            long column = (long) group * headSize * type.bytes();
            for (int chunk = first; chunk < end; chunk += CHUNK) {
                int seen = round(Math.min(CHUNK, end - chunk));
                var scores = worker.matrix("attention.scores", DType.F32, together * rows, seen);
                var probabilities = worker.matrix("attention.probabilities", type, together * rows, seen);
                worker.multiply(score(seen), query, keysAndValues.key(chunk) + column, scores.address(0), 0);
                softmax(scores, probabilities, chunk);
                worker.multiply(
                        attend(seen, chunk > first),
                        probabilities.address(0),
                        keysAndValues.value(chunk) + column,
                        sums.address(0),
                        0);
            }
            write(context);
        }

        private PlanSpec.Batched score(int keys) {
            return new PlanSpec.Batched(
                    together,
                    rows,
                    keys,
                    headSize,
                    PlanSpec.Operand.rows(type, ROOM * share() * headSize, headSize),
                    PlanSpec.Operand.rows(type, headSize, groups * headSize).transposed(),
                    PlanSpec.Operand.rows(DType.F32, rows * keys, keys),
                    false,
                    false);
        }

        private PlanSpec.Batched attend(int keys, boolean accumulate) {
            return new PlanSpec.Batched(
                    together,
                    rows,
                    headSize,
                    keys,
                    PlanSpec.Operand.rows(type, rows * keys, keys),
                    PlanSpec.Operand.rows(type, headSize, groups * headSize),
                    PlanSpec.Operand.rows(DType.F32, rows * headSize, headSize),
                    false,
                    accumulate);
        }

        private void softmax(Matrix scores, Matrix probabilities, int chunk) {
            int keys = scores.columns();
            for (int part = 0; part < together; part++) {
                for (int i = 0; i < count; i++) {
                    int from = Math.clamp(position + i - (window - 1L) - chunk, 0, keys);
                    int to = Math.clamp(position + i + 1L - chunk, 0, keys);
                    for (int head = 0; head < share(); head++) {
                        int row = part * rows + i * share() + head;
                        float factor = SoftmaxLoops.chunk(scores, row, from, to, probabilities, state);
                        if (factor != 1) {
                            long place = row * sums.rowBytes();
                            SoftmaxLoops.times(sums.data(), place, headSize, factor, DType.F32, sums.data(), place);
                        }
                    }
                }
            }
        }

        private void write(Matrix context) {
            for (int part = 0; part < together; part++) {
                for (int i = 0; i < count; i++) {
                    for (int head = 0; head < share(); head++) {
                        int row = part * rows + i * share() + head;
                        long column = ((long) (group + part) * share() + head) * headSize * type.bytes();
                        SoftmaxLoops.times(
                                sums.data(),
                                row * sums.rowBytes(),
                                headSize,
                                SoftmaxLoops.inverse(state, row),
                                type,
                                context.data(),
                                (query + i) * context.rowBytes() + column);
                    }
                }
            }
        }
    }
}
