package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.ValueLayout;

/**
 * Self-attention of some heads over one text in one call, {@code softmax(Q Kᵀ) V}: the code of {@link AttentionCode}, which
 * keeps a block's scores in the core's first cache. For bf16 on CPUs with AMX; {@link Kernels#attention} says whether there is
 * one.
 */
public final class FusedAttention {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** Keys that lie in a group's first tile of scores; the others lie in its second. */
    private static final int FIRST_TILE = 0x0f0f0f0f;

    private final int headSize;
    private final MachineCode code;

    FusedAttention(int heads, int headSize) {
        this.headSize = headSize;
        code = MachineCode.of(AttentionCode.of(heads, headSize));
    }

    /**
     * Attends.
     *
     * @param qkv query, key and value side by side, {@code [rows, 3 * heads * headSize]}; some rows behind the text's last are
     *     read and must hold finite numbers, up to a multiple of {@link AttentionCode#GROUP}
     * @param start the text's first row
     * @param length its tokens
     * @param queries the first so many of its rows are computed
     * @param firstHead the first of the heads
     * @param count how many heads
     * @param context the result, {@code [rows, heads * headSize]}; other rows and heads are left as they are
     */
    public void run(
            Worker worker, Matrix qkv, int start, int length, int queries, int firstHead, int count, Matrix context) {
        int groups = (length + AttentionCode.GROUP - 1) / AttentionCode.GROUP;
        int seen = -1 >>> (groups * AttentionCode.GROUP - length); // a bit for each key of the last group
        int packed = groups * AttentionCode.GROUP * headSize * Short.BYTES; // keys, or values
        int scores = AttentionCode.scoreBytes(groups, headSize);
        var memory = worker.matrix("attention.fused", DType.I8, 1, AttentionCode.HEADER + 2 * packed + scores);
        long head = (long) firstHead * headSize * Short.BYTES;
        long keys = memory.address(0) + AttentionCode.HEADER;
        var header = memory.data();
        header.set(LONG, AttentionCode.QUERY, qkv.address(start) + head);
        header.set(LONG, AttentionCode.CONTEXT, context.address(start) + head);
        header.set(LONG, AttentionCode.GROUPS, groups);
        header.set(LONG, AttentionCode.QUERIES, queries);
        header.set(LONG, AttentionCode.HEADS, count);
        header.set(LONG, AttentionCode.SEEN, Integer.toUnsignedLong(seen));
        header.set(LONG, AttentionCode.SEEN_FIRST, Integer.compress(seen, FIRST_TILE));
        header.set(LONG, AttentionCode.SEEN_SECOND, Integer.compress(seen, ~FIRST_TILE));
        header.set(LONG, AttentionCode.KEYS, keys);
        header.set(LONG, AttentionCode.VALUES, keys + packed);
        header.set(LONG, AttentionCode.SCORES, keys + 2L * packed);
        code.run(memory.address(0));
    }
}
