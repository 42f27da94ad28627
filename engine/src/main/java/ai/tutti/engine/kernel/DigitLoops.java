package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Numbers as integers of 16 bits with one scale, {@code x = s q}, in two digits of eight bits: {@code q = 256 h + l}, h and l from
 * -128 to 127. See {@link DigitWeights}.
 */
public final class DigitLoops {
    /** The largest integer whose high digit is at most 127. */
    static final int MOST = 127 * 256 + 127;

    static final float NOTHING = 1e-30f;

    private static final VectorSpecies<Float> LANES = RingPasses.LANES;
    private static final int WIDTH = RingPasses.WIDTH;
    private static final VectorSpecies<Byte> DIGITS =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, WIDTH * Byte.SIZE)));
    private static final ByteOrder ORDER = RingPasses.ORDER;
    /** Added to a small number it leaves the nearest integer in the low bits. */
    private static final float TO_INTEGER = 3 << 22;

    private static final int INTEGER = Float.floatToRawIntBits(TO_INTEGER);

    private DigitLoops() {}

    /** Whether vectors here are wide enough to be stored as digits. */
    public static boolean supported() {
        return DIGITS.length() == WIDTH;
    }

    /** The scale of numbers of which this is the largest. Where all are next to nothing they become 0. */
    static float scale(float most) {
        return most < NOTHING ? 1 : most / MOST;
    }

    /**
     * Numbers of one scale, which is returned, as integers.
     *
     * @param from the first of them
     */
    static float digits(float[] values, int from, int[] digits) {
        float most = 0;
        for (int i = 0; i < digits.length; i++) {
            most = Math.max(most, Math.abs(values[from + i]));
        }
        float scale = scale(most);
        for (int i = 0; i < digits.length; i++) {
            digits[i] = Math.round(values[from + i] / scale);
        }
        return scale;
    }

    static int high(int digits) {
        return (digits + 128) >> Byte.SIZE;
    }

    /**
     * Rows in digits. Columns are taken in blocks, each {@code [h | l]}: a block is what one product reads.
     *
     * @param x f32
     * @param columns how many of x's columns; a multiple of {@code block}
     * @param to {@code [count, 2 * columns]}
     * @param scales two f32: where the scale times 65536, and times 256, are written
     */
    public static void split(Matrix x, int columns, int block, int count, Matrix to, MemorySegment scales) {
        float scale = scale(most(x, columns, count));
        scales.set(ValueLayout.JAVA_FLOAT, 0, scale * (1 << 16));
        scales.set(ValueLayout.JAVA_FLOAT, Float.BYTES, scale * (1 << 8));
        float factor = 1 / scale;
        for (int row = 0; row < count; row++) {
            for (int column = 0; column < columns; column += block) {
                long from = row * x.rowBytes() + column * (long) Float.BYTES;
                split(x.data(), from, block, factor, to.data(), row * to.rowBytes() + 2L * column);
            }
        }
    }

    private static float most(Matrix x, int columns, int count) {
        var data = x.data();
        var a = FloatVector.zero(LANES);
        var b = a;
        float rest = 0;
        for (int row = 0; row < count; row++) {
            long from = row * x.rowBytes();
            int i = 0;
            for (; i + 2 * WIDTH <= columns; i += 2 * WIDTH) {
                long f = from + i * (long) Float.BYTES;
                a = a.max(FloatVector.fromMemorySegment(LANES, data, f, ORDER).abs());
                b = b.max(FloatVector.fromMemorySegment(LANES, data, f + RingPasses.BYTES, ORDER).abs());
            }
            for (; i < columns; i++) {
                rest = Math.max(rest, Math.abs(data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + i * (long) Float.BYTES)));
            }
        }
        return Math.max(rest, a.max(b).reduceLanes(VectorOperators.MAX));
    }

    private static void split(MemorySegment x, long from, int block, float factor, MemorySegment to, long place) {
        int i = 0;
        for (; i + WIDTH <= block; i += WIDTH) {
            var digits = FloatVector.fromMemorySegment(LANES, x, from + i * (long) Float.BYTES, ORDER)
                    .mul(factor)
                    .add(TO_INTEGER)
                    .reinterpretAsInts()
                    .sub(INTEGER);
            var high = digits.add(128).lanewise(VectorOperators.ASHR, Byte.SIZE);
            // The low eight bits are the low digit.
            ((ByteVector) high.convertShape(VectorOperators.I2B, DIGITS, 0)).intoMemorySegment(to, place + i, ORDER);
            ((ByteVector) digits.convertShape(VectorOperators.I2B, DIGITS, 0))
                    .intoMemorySegment(to, place + block + i, ORDER);
        }
        for (; i < block; i++) {
            float value = x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + i * (long) Float.BYTES);
            int digits = Float.floatToRawIntBits(value * factor + TO_INTEGER) - INTEGER;
            to.set(ValueLayout.JAVA_BYTE, place + i, (byte) high(digits));
            to.set(ValueLayout.JAVA_BYTE, place + block + i, (byte) digits);
        }
    }
}
