package ai.tutti.engine.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads stored numbers as 32-bit floats. */
public final class Floats {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private Floats() {}

    /** The value of a bfloat16's bits; exact. */
    public static float fromBf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** The bits of the nearest bfloat16, ties to even; for finite values. */
    public static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    /** Whether a type is one of the two that hold a floating-point number in two bytes. */
    public static boolean isHalf(DType dtype) {
        return dtype == DType.F16 || dtype == DType.BF16;
    }

    /** The bits of the nearest f16 or bf16. */
    public static short toHalf(DType dtype, float value) {
        return dtype == DType.F16 ? Float.floatToFloat16(value) : toBf16(value);
    }

    /** Whether numbers of a type can be read. */
    public static boolean readable(DType dtype) {
        return switch (dtype) {
            case F64, F32, F16, BF16 -> true;
            default -> false;
        };
    }

    /**
     * Copies numbers that lie {@code stride} elements apart into an array.
     *
     * @throws IllegalArgumentException for a type that is not {@link #readable}
     */
    public static void read(
            MemorySegment source, DType dtype, long first, long stride, float[] target, int offset, int count) {
        switch (dtype) {
            case F32 -> {
                if (stride == 1) {
                    MemorySegment.copy(source, F32, first * 4, target, offset, count);
                } else {
                    for (int i = 0; i < count; i++) {
                        target[offset + i] = source.get(F32, (first + i * stride) * 4);
                    }
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = Float.float16ToFloat(source.get(I16, (first + i * stride) * 2));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = fromBf16(source.get(I16, (first + i * stride) * 2));
                }
            }
            case F64 -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = (float) source.get(F64, (first + i * stride) * 8);
                }
            }
            default -> throw new IllegalArgumentException(dtype + " does not hold floating-point numbers");
        }
    }
}
