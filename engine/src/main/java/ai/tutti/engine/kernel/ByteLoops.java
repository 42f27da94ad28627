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

    private static void floats(Group group, MemorySegment to, long place) {
        long code = group.code();
        long t = place;
        for (int row = 0; row < group.rows(); row++) {
            for (int column = 0; column < group.columns(); column += WIDTH) {
                var codes = ByteVector.fromMemorySegment(BYTES, group.codes(), code, RingPasses.ORDER);
                var values = (FloatVector) codes.convertShape(VectorOperators.B2F, LANES, 0);
                values.mul(scale(group, column)).intoMemorySegment(to, t, RingPasses.ORDER);
                code += WIDTH;
                t += (long) WIDTH * Float.BYTES;
            }
        }
    }

    /** Two rows at a time: a pair of codes is a short, the even row's below; a pair of results is an int. */
    private static void pairs(Group group, MemorySegment to, long place) {
        long code = group.code();
        long t = place;
        for (int row = 0; row < group.rows(); row += 2) {
            for (int column = 0; column < group.columns(); column += WIDTH) {
                var scale = scale(group, column);
                var both = (IntVector) ShortVector.fromMemorySegment(SHORTS, group.codes(), code, RingPasses.ORDER)
                        .convertShape(VectorOperators.S2I, INTS, 0);
                var even = both.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24);
                var odd = both.lanewise(VectorOperators.ASHR, 8);
                var low = rounded(even, scale).lanewise(VectorOperators.LSHR, 16);
                var high = rounded(odd, scale).and(0xffff0000);
                low.or(high).intoMemorySegment(to, t, RingPasses.ORDER);
                code += 2L * WIDTH;
                t += (long) WIDTH * Integer.BYTES;
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
