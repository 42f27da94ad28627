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
    /** Numbers on their way through arrays. */
    private static final int CHUNK = 2048;

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
        switch (dtype) {
            case F16 -> f16(from, first * Short.BYTES, to, place * Float.BYTES, count);
            case BF16 -> bf16(from, first * Short.BYTES, to, place * Float.BYTES, count);
            default -> throw new IllegalArgumentException(dtype + " is not of two bytes");
        }
    }

    private static void bf16(MemorySegment from, long f, MemorySegment to, long t, long count) {
        long vectors = SHORTS.length() == LANES ? count / LANES * LANES : 0;
        for (long i = 0; i < vectors; i += LANES) {
            var bits = (IntVector) ShortVector.fromMemorySegment(SHORTS, from, f + i * Short.BYTES, RingPasses.ORDER)
                    .convertShape(VectorOperators.S2I, INTS, 0);
            bits.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(to, t + i * Float.BYTES, RingPasses.ORDER);
        }
        for (long i = vectors; i < count; i++) {
            to.set(FLOAT, t + i * Float.BYTES, Floats.fromBf16(from.get(SHORT, f + i * Short.BYTES)));
        }
    }

    /** Through arrays, over which the JVM makes CPUs' own instruction for it of the loop; the Vector API does not have it. */
    private static void f16(MemorySegment from, long f, MemorySegment to, long t, long count) {
        var bits = new short[(int) Math.min(CHUNK, count)];
        var values = new float[bits.length];
        for (long i = 0; i < count; i += CHUNK) {
            int n = (int) Math.min(CHUNK, count - i);
            MemorySegment.copy(from, SHORT, f + i * Short.BYTES, bits, 0, n);
            for (int j = 0; j < n; j++) {
                values[j] = Float.float16ToFloat(bits[j]);
            }
            MemorySegment.copy(values, 0, to, FLOAT, t + i * Float.BYTES, n);
        }
    }
}
