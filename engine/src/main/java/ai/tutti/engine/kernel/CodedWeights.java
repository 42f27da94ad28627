package ai.tutti.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A linear layer's weights for products of bytes: {@code W[n, k] ≈ scales[n] * code[n, k]}, codes from -127 to 127, the largest
 * weight of each output at one of the ends.
 *
 * <p>Inputs come as unsigned bytes of which {@code zero} means 0, on a scale of their row's own:
 * {@code x[k] ≈ s (u[k] - zero)}. So {@code Σ x[k] W[n, k] ≈ s (scales[n] Σ u[k] code[n, k] + offsets[n])} with
 * {@code offsets[n] = -zero * scales[n] Σ code[n, k]}. Sums of bytes are exact: a
 * row's bits do not depend on how many there are, nor on the order of summing. Unsigned by signed is what the instructions
 * multiply; signed by signed oneDNN makes of it, at a fifth of the rate on CPUs without AMX.
 *
 * @param packed the codes, in the order of a product of oneDNN's or of the engine's own
 * @param scales f32, {@code [out]}
 * @param offsets f32, {@code [out]}
 * @param zero the inputs' code that means 0
 */
public record CodedWeights(
        PackedWeights packed, MemorySegment scales, MemorySegment offsets, int zero) {
    /** The largest code's magnitude. */
    private static final int MOST = 127;

    /**
     * Packs a layer.
     *
     * @param weight {@code [out, in]}, row-major; finite; overwritten by what the codes mean
     * @param zero the inputs' code that means 0
     * @param arena owns scales and offsets
     */
    static CodedWeights pack(Packing packing, float[] weight, int zero, Arena arena) {
        int in = packing.packed().in();
        int out = packing.packed().out();
        var scales = arena.allocate((long) out * Float.BYTES, 64);
        var offsets = arena.allocate((long) out * Float.BYTES, 64);
        var whole = new int[in];
        var codes = new float[packing.step() * in];
        for (int first = 0; first < out; first += packing.step()) {
            int count = Math.min(packing.step(), out - first);
            for (int i = 0; i < count; i++) {
                int n = first + i;
                float scale = scale(weight, n * in, in);
                ByteLoops.quantise(weight, n * in, in, scale == 0 ? 0 : 1 / scale, whole, 0);
                long sum = 0;
                for (int k = 0; k < in; k++) {
                    int code = (byte) whole[k];
                    codes[i * in + k] = code;
                    weight[n * in + k] = code * scale;
                    sum += code;
                }
                scales.setAtIndex(ValueLayout.JAVA_FLOAT, n, scale);
                offsets.setAtIndex(ValueLayout.JAVA_FLOAT, n, -zero * scale * sum);
            }
            packing.put(first, codes, 0, count);
        }
        return new CodedWeights(packing.packed(), scales, offsets, zero);
    }

    /** What a code of 1 means: 0 where there is nothing, or nothing that f32 can divide by. */
    private static float scale(float[] weight, int from, int count) {
        float scale = ByteLoops.most(weight, from, from + count) / MOST;
        return scale < Float.MIN_NORMAL ? 0 : scale;
    }

    /** Numbers that go in. */
    public int in() {
        return packed.in();
    }

    /** Numbers that come out. */
    public int out() {
        return packed.out();
    }

    /** The codes. */
    MemorySegment codes() {
        return switch (packed) {
            case WholeWeights whole -> whole.data();
            case TileWeights tiles -> tiles.data();
            case BlockWeights blocks -> throw new IllegalStateException("codes are not kept in blocks");
        };
    }

    /** Native memory that they take. */
    public long bytes() {
        return packed.bytes() + scales.byteSize() + offsets.byteSize();
    }
}
