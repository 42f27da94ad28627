package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Widens finite numbers of two bytes to f32; exact. */
public final class Halves {
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final int LANES = INTS.length();
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Math.max(64, LANES * Short.SIZE)));
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    /** What makes an f16's exponent an f32's. */
    private static final int REBIAS = (127 - 15) << 23;
    /** The f32 bits of 2^-14, the least f16 that is not subnormal. */
    private static final int LEAST_NORMAL = 113 << 23;

    private Halves() {}

    /**
     * Widens numbers.
     *
     * @param dtype f16 or bf16
     * @param first of the numbers
     * @param place of the first result
     */
    public static void widen(
            MemorySegment from, long first, DType dtype, MemorySegment to, long place, long count) {
        boolean f16 = dtype == DType.F16;
        if (!Floats.isHalf(dtype)) {
            throw new IllegalArgumentException(dtype + " is not of two bytes");
        }
        long done = SHORTS.length() == LANES ? count / LANES * LANES : 0;
        if (f16) {
            vectorsOfF16(from, first * Short.BYTES, to, place * Float.BYTES, done);
        } else {
            vectorsOfBf16(from, first * Short.BYTES, to, place * Float.BYTES, done);
        }
        for (long i = done; i < count; i++) {
            short bits = from.get(SHORT, (first + i) * Short.BYTES);
            to.set(FLOAT, (place + i) * Float.BYTES, f16 ? Float.float16ToFloat(bits) : Floats.fromBf16(bits));
        }
    }

    private static void vectorsOfBf16(MemorySegment from, long f, MemorySegment to, long t, long count) {
        for (long i = 0; i < count; i += LANES) {
            ints(from, f + i * Short.BYTES)
                    .lanewise(VectorOperators.LSHL, 16)
                    .intoMemorySegment(to, t + i * Float.BYTES, RingPasses.ORDER);
        }
    }

    /**
     * Sign, exponent and fraction go to their places in an f32. A subnormal {@code fraction * 2^-24} is made as the difference of
     * {@code 2^-14 (1 + fraction / 2^10)} and {@code 2^-14}, which is exact and free of f32's own subnormals, that CPUs are slow with.
     */
    private static void vectorsOfF16(MemorySegment from, long f, MemorySegment to, long t, long count) {
        for (long i = 0; i < count; i += LANES) {
            var bits = ints(from, f + i * Short.BYTES);
            var sign = bits.and(0x80000000);
            var magnitude = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
            var normal = magnitude.add(REBIAS);
            var subnormal = magnitude
                    .add(LEAST_NORMAL)
                    .reinterpretAsFloats()
                    .sub(Float.intBitsToFloat(LEAST_NORMAL))
                    .reinterpretAsInts();
            var small = magnitude.lt(1 << 23);
            normal.blend(subnormal, small).or(sign).intoMemorySegment(to, t + i * Float.BYTES, RingPasses.ORDER);
        }
    }

    /** Numbers of 16 bits as ints of the same sign. */
    private static IntVector ints(MemorySegment from, long offset) {
        return (IntVector) ShortVector.fromMemorySegment(SHORTS, from, offset, RingPasses.ORDER)
                .convertShape(VectorOperators.S2I, INTS, 0);
    }
}
