package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** {@code scale * code} for a group of a panel's rows, see {@link ByteCodes}. Each number has one result, however it is computed. */
final class ByteLoops {
    private static final VectorSpecies<Float> LANES = RingPasses.LANES;
    private static final int WIDTH = RingPasses.WIDTH;
    private static final VectorSpecies<Integer> INTS = LANES.withLanes(int.class);
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Math.max(64, WIDTH * Short.SIZE)));
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, WIDTH * Byte.SIZE)));
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    /** Added to a number below 2^22, it leaves it rounded to a whole one, which its last bits hold. */
    private static final float ROUND = 0x1.8p23f;
    /** Half of a bf16's last place, in an f32's bits. */
    private static final int HALF = 0x8000;

    private ByteLoops() {}

    /**
     * A group.
     *
     * @param code where its codes begin
     * @param scale where its scales begin, {@code [columns]}
     * @param interleave rows whose codes of one column lie side by side; divides {@code rows}
     */
    record Group(
            MemorySegment codes, long code, MemorySegment scales, long scale, int columns, int rows, int interleave) {}

    /** The largest magnitude among some values. */
    static float most(float[] values, int from, int to) {
        var most = FloatVector.zero(LANES);
        int i = from;
        for (; i + WIDTH <= to; i += WIDTH) {
            most = most.max(FloatVector.fromArray(LANES, values, i).abs());
        }
        float result = most.reduceLanes(VectorOperators.MAX);
        for (; i < to; i++) {
            result = Math.max(result, Math.abs(values[i]));
        }
        return result;
    }

    /** {@code value * factor} as whole numbers, the nearest, the even one on a tie; the last 8 bits of each count. */
    static void quantise(float[] values, int from, int count, float factor, int[] codes, int place) {
        int i = 0;
        for (; i + WIDTH <= count; i += WIDTH) {
            FloatVector.fromArray(LANES, values, from + i)
                    .mul(factor)
                    .add(ROUND)
                    .reinterpretAsInts()
                    .intoArray(codes, place + i);
        }
        for (; i < count; i++) {
            codes[place + i] = Float.floatToRawIntBits(values[from + i] * factor + ROUND);
        }
    }

    /** Writes a group's numbers from {@code place} on, in the codes' order. */
    static void unpack(Group group, DType target, MemorySegment to, long place) {
        if (target == DType.F32 && group.interleave() == 1 && fits(group, BYTES.length())) {
            floats(group, to, place);
        } else if (target == DType.BF16 && group.interleave() == 2 && fits(group, SHORTS.length())) {
            pairs(group, to, place);
        } else {
            single(group, target, to, place);
        }
    }

    private static boolean fits(Group group, int lanes) {
        return lanes == WIDTH && group.columns() % WIDTH == 0;
    }

    /** Down a panel's columns, so that their scales stay in a register; a group is small enough for the nearest cache. */
    private static void floats(Group group, MemorySegment to, long place) {
        int stride = group.columns();
        for (int column = 0; column < stride; column += WIDTH) {
            var scale = scale(group, column);
            long from = group.code() + column;
            long target = place + (long) column * Float.BYTES;
            for (int row = 0; row < group.rows(); row++) {
                int step = row * stride;
                var codes = ByteVector.fromMemorySegment(BYTES, group.codes(), from + step, RingPasses.ORDER);
                var ints = (IntVector) codes.convertShape(VectorOperators.B2I, INTS, 0);
                ((FloatVector) ints.convert(VectorOperators.I2F, 0))
                        .mul(scale).intoMemorySegment(to, target + (long) step * Float.BYTES, RingPasses.ORDER);
            }
        }
    }

    /** Two rows at a time: a pair of codes is a short, the even row's below; a pair of results is an int. */
    private static void pairs(Group group, MemorySegment to, long place) {
        int stride = 2 * group.columns();
        for (int column = 0; column < group.columns(); column += WIDTH) {
            var scale = scale(group, column);
            long from = group.code() + 2L * column;
            long target = place + 2L * column * Short.BYTES;
            for (int row = 0; row < group.rows() / 2; row++) {
                int step = row * stride;
                var both = (IntVector) ShortVector.fromMemorySegment(SHORTS, group.codes(), from + step, RingPasses.ORDER)
                        .convertShape(VectorOperators.S2I, INTS, 0);
                var even = both.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24);
                var odd = both.lanewise(VectorOperators.ASHR, 8);
                var low = rounded(even, scale).lanewise(VectorOperators.LSHR, 16);
                var high = rounded(odd, scale).and(0xffff0000);
                low.or(high).intoMemorySegment(to, target + (long) step * Short.BYTES, RingPasses.ORDER);
            }
        }
    }

    private static IntVector rounded(IntVector codes, FloatVector scale) {
        return ((FloatVector) codes.convert(VectorOperators.I2F, 0)).mul(scale).reinterpretAsInts().add(HALF);
    }

    private static FloatVector scale(Group group, int column) {
        return FloatVector.fromMemorySegment(
                LANES, group.scales(), group.scale() + (long) column * Float.BYTES, RingPasses.ORDER);
    }

    private static void single(Group group, DType target, MemorySegment to, long place) {
        int numbers = group.rows() * group.columns();
        for (int i = 0; i < numbers; i++) {
            int column = i / group.interleave() % group.columns();
            float scale = group.scales().get(FLOAT, group.scale() + (long) column * Float.BYTES);
            float value = group.codes().get(ValueLayout.JAVA_BYTE, group.code() + i) * scale;
            if (target == DType.F32) {
                to.set(FLOAT, place + (long) i * Float.BYTES, value);
            } else {
                int bits = Float.floatToRawIntBits(value) + HALF;
                to.set(SHORT, place + (long) i * Short.BYTES, (short) (bits >>> 16));
            }
        }
    }
}
