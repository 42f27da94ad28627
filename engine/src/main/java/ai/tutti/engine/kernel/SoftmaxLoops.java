package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Softmax over keys that come in chunks (Milakov and Gimelshein, 2018, arXiv:1805.02867): a row keeps the largest score so
 * far and the sum of {@code exp(score - largest)}; when a chunk brings a larger one, what was summed before is scaled down.
 *
 * <p>What a row does not see has a probability of exact zero and touches neither sum, so a row's bits depend on the keys that
 * it sees and on their places in their chunks, not on how many others the chunk has.
 */
public final class SoftmaxLoops {
    private static final VectorSpecies<Float> LANES = RingPasses.LANES;
    private static final int WIDTH = RingPasses.WIDTH;
    private static final ByteOrder ORDER = RingPasses.ORDER;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT;

    /** Lower than any score, and finite, so that no difference becomes NaN. */
    private static final float UNSEEN = -1e30f;
    /** The exponential of what is lower would be too small for its exponent: it is 0. */
    private static final float NOTHING = -87;

    /** Half of a bf16's last place, in a float's bits. */
    private static final int HALF = 0x8000;

    private SoftmaxLoops() {}

    /** The state of so many rows before their first chunk: the largest scores, then the sums. */
    public static float[] start(int rows) {
        var state = new float[2 * rows];
        Arrays.fill(state, 0, rows, UNSEEN);
        return state;
    }

    /**
     * Takes one row's scores of a chunk.
     *
     * @param scores f32, {@code [rows, keys]}, keys a multiple of the vectors' width; overwritten
     * @param from the first key of the chunk that the row sees
     * @param to the key behind the last that it sees
     * @param probabilities {@code exp(score - largest)}, not divided by the sum yet, f32 or bf16, {@code [rows, keys]}
     * @param state as {@link #start} made it
     * @return the factor by which the row's sum of values so far must be multiplied
     */
    public static float chunk(Matrix scores, int row, int from, int to, Matrix probabilities, float[] state) {
        int keys = scores.columns();
        if (from >= to) {
            zero(probabilities, row, 0, keys);
            return 1;
        }
        var data = scores.data();
        long base = row * scores.rowBytes();
        int first = from / WIDTH * WIDTH;
        int end = (to + WIDTH - 1) / WIDTH * WIDTH;
        for (int i = first; i < from; i++) {
            data.set(F32, base + i * (long) Float.BYTES, UNSEEN);
        }
        for (int i = to; i < end; i++) {
            data.set(F32, base + i * (long) Float.BYTES, UNSEEN);
        }
        zero(probabilities, row, 0, first);
        zero(probabilities, row, end, keys);
        float before = state[row];
        float largest = Math.max(before, largest(data, base, first, end));
        float factor = before == largest ? 1 : before - largest < NOTHING ? 0 : SameBits.exp(before - largest);
        float sum = probabilities.dtype() == DType.F32
                ? exponentials(data, base, first, end, largest, probabilities.data(), row * probabilities.rowBytes())
                : exponentialsToBf16(data, base, first, end, largest, probabilities.data(), row * probabilities.rowBytes());
        int rows = state.length / 2;
        state[row] = largest;
        state[rows + row] = Math.fma(state[rows + row], factor, sum);
        return factor;
    }

    /** One divided by a row's sum. */
    public static float inverse(float[] state, int row) {
        return 1 / state[state.length / 2 + row];
    }

    private static void zero(Matrix matrix, int row, int from, int to) {
        if (from < to) {
            var data = matrix.data();
            long base = row * matrix.rowBytes();
            if (matrix.dtype() == DType.F32) {
                for (int i = from; i < to; i += WIDTH) {
                    FloatVector.zero(LANES).intoMemorySegment(data, base + i * (long) Float.BYTES, ORDER);
                }
            } else {
                for (int i = from; i < to; i += WIDTH) {
                    ShortVector.zero(RowLoops.SHORTS).intoMemorySegment(data, base + i * (long) Short.BYTES, ORDER);
                }
            }
        }
    }

    /** Two maxima a lane: one alone would wait for itself. */
    private static float largest(MemorySegment scores, long base, int first, int end) {
        var most = FloatVector.broadcast(LANES, UNSEEN);
        var other = most;
        int i = first;
        for (; i + 2 * WIDTH <= end; i += 2 * WIDTH) {
            long f = base + i * (long) Float.BYTES;
            most = most.max(FloatVector.fromMemorySegment(LANES, scores, f, ORDER));
            other = other.max(FloatVector.fromMemorySegment(LANES, scores, f + RingPasses.BYTES, ORDER));
        }
        if (i < end) {
            most = most.max(FloatVector.fromMemorySegment(LANES, scores, base + i * (long) Float.BYTES, ORDER));
        }
        return most.max(other).reduceLanes(VectorOperators.MAX);
    }

    private static float exponentials(
            MemorySegment scores, long base, int first, int end, float largest, MemorySegment to, long place) {
        var sum = FloatVector.zero(LANES);
        var perLn2 = FloatVector.broadcast(LANES, Exp.PER_LN2);
        for (int i = first; i < end; i += WIDTH) {
            var x = FloatVector.fromMemorySegment(LANES, scores, base + i * (long) Float.BYTES, ORDER).sub(largest);
            var shifted = x.fma(perLn2, FloatVector.broadcast(LANES, Exp.ROUND));
            var f = x.fma(perLn2, shifted.sub(Exp.ROUND).neg());
            var p = f.fma(FloatVector.broadcast(LANES, Exp.C6), FloatVector.broadcast(LANES, Exp.C5));
            p = p.fma(f, FloatVector.broadcast(LANES, Exp.C4));
            p = p.fma(f, FloatVector.broadcast(LANES, Exp.C3));
            p = p.fma(f, FloatVector.broadcast(LANES, Exp.C2));
            p = p.fma(f, FloatVector.broadcast(LANES, Exp.C1));
            p = p.fma(f, FloatVector.broadcast(LANES, 1));
            var power = p.reinterpretAsInts()
                    .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, Exp.EXPONENT))
                    .reinterpretAsFloats()
                    .blend(0, x.compare(VectorOperators.LT, NOTHING));
            sum = sum.add(power);
            power.intoMemorySegment(to, place + i * (long) Float.BYTES, ORDER);
        }
        return RowLoops.total(sum);
    }

    private static float exponentialsToBf16(
            MemorySegment scores, long base, int first, int end, float largest, MemorySegment to, long place) {
        var sum = FloatVector.zero(LANES);
        var perLn2 = FloatVector.broadcast(LANES, Exp.PER_LN2);
        for (int i = first; i < end; i += WIDTH) {
            var x = FloatVector.fromMemorySegment(LANES, scores, base + i * (long) Float.BYTES, ORDER).sub(largest);
            var shifted = x.fma(perLn2, FloatVector.broadcast(LANES, Exp.ROUND));
            var f = x.fma(perLn2, shifted.sub(Exp.ROUND).neg());
            var p = f.fma(FloatVector.broadcast(LANES, Exp.C6), FloatVector.broadcast(LANES, Exp.C5));
            p = p.fma(f, FloatVector.broadcast(LANES, Exp.C4));
            p = p.fma(f, FloatVector.broadcast(LANES, Exp.C3));
            p = p.fma(f, FloatVector.broadcast(LANES, Exp.C2));
            p = p.fma(f, FloatVector.broadcast(LANES, Exp.C1));
            p = p.fma(f, FloatVector.broadcast(LANES, 1));
            var power = p.reinterpretAsInts()
                    .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, Exp.EXPONENT))
                    .reinterpretAsFloats()
                    .blend(0, x.compare(VectorOperators.LT, NOTHING));
            sum = sum.add(power);
            power.reinterpretAsInts()
                    .add(HALF)
                    .lanewise(VectorOperators.LSHR, 16)
                    .convertShape(VectorOperators.I2S, RowLoops.SHORTS, 0)
                    .reinterpretAsShorts()
                    .intoMemorySegment(to, place + i * (long) Short.BYTES, ORDER);
        }
        return RowLoops.total(sum);
    }

    /** {@code y = x * factor}, some numbers of a row; offsets are in bytes, y is f32 or bf16 and may be x. */
    public static void times(
            MemorySegment x, long from, int count, float factor, DType type, MemorySegment y, long to) {
        int i = 0;
        for (; i + WIDTH <= count; i += WIDTH) {
            var value = FloatVector.fromMemorySegment(LANES, x, from + i * (long) Float.BYTES, ORDER).mul(factor);
            if (type == DType.F32) {
                value.intoMemorySegment(y, to + i * (long) Float.BYTES, ORDER);
            } else {
                RowLoops.rounded(value).intoMemorySegment(y, to + i * (long) Short.BYTES, ORDER);
            }
        }
        for (; i < count; i++) {
            float value = x.get(F32, from + i * (long) Float.BYTES) * factor;
            if (type == DType.F32) {
                y.set(F32, to + i * (long) Float.BYTES, value);
            } else {
                y.set(BF16, to + i * (long) Short.BYTES, Floats.toBf16(value));
            }
        }
    }
}
