package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The vector loop of {@link ai.tutti.engine.nn.Rotary}. */
public final class RotaryLoops {
    private static final VectorSpecies<Float> LANES = RingPasses.LANES;
    private static final int WIDTH = RingPasses.WIDTH;
    private static final ByteOrder ORDER = RingPasses.ORDER;

    private RotaryLoops() {}

    /**
     * Turns pairs of numbers of one head: {@code a cos - b sin}, {@code b cos + a sin}, each times a factor.
     *
     * @param source f32; the first numbers of the pairs from {@code from} on, in bytes, the second ones {@code half} numbers behind
     * @param place where the angles begin in {@code cosines} and {@code sines}
     * @param target f32 or bf16; {@code to} is in bytes
     * @return how many pairs were turned: the largest multiple of the vectors' width
     */
    public static int turn(
            MemorySegment source,
            long from,
            float[] cosines,
            float[] sines,
            int place,
            int half,
            float factor,
            DType type,
            MemorySegment target,
            long to) {
        int t = 0;
        for (; t + WIDTH <= half; t += WIDTH) {
            var a = FloatVector.fromMemorySegment(LANES, source, from + t * (long) Float.BYTES, ORDER);
            var b = FloatVector.fromMemorySegment(LANES, source, from + (half + t) * (long) Float.BYTES, ORDER);
            var cos = FloatVector.fromArray(LANES, cosines, place + t);
            var sin = FloatVector.fromArray(LANES, sines, place + t);
            var first = a.mul(cos).sub(b.mul(sin)).mul(factor);
            var second = b.mul(cos).add(a.mul(sin)).mul(factor);
            if (type == DType.F32) {
                first.intoMemorySegment(target, to + t * (long) Float.BYTES, ORDER);
                second.intoMemorySegment(target, to + (half + t) * (long) Float.BYTES, ORDER);
            } else {
                RowLoops.rounded(first).intoMemorySegment(target, to + t * (long) Short.BYTES, ORDER);
                RowLoops.rounded(second).intoMemorySegment(target, to + (half + t) * (long) Short.BYTES, ORDER);
            }
        }
        return t;
    }
}
