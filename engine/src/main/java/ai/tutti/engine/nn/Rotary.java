package ai.tutti.engine.nn;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Rotary position embedding (Su et al., 2021, arXiv:2104.09864): the numbers t and {@code t + d / 2} of each head's query
 * and key are turned by the angle {@code position * theta^(-2t / d)}, so that their product depends on the distance alone.
 */
public final class Rotary {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT;

    private final int half;
    /** Of every position, {@code [positions, d / 2]}. */
    private final float[] cosines;

    private final float[] sines;

    /**
     * Angles are computed in f32, as the reference does: at thousands of tokens its rounding can be seen.
     *
     * @param headSize numbers a head, even
     * @param theta the base
     * @param positions the most tokens of a text
     */
    public Rotary(int headSize, double theta, int positions) {
        if (headSize % 2 != 0) {
            throw new IllegalArgumentException("a head of %d numbers cannot be halved".formatted(headSize));
        }
        half = headSize / 2;
        cosines = new float[positions * half];
        sines = new float[positions * half];
        for (int t = 0; t < half; t++) {
            float frequency = 1 / (float) Math.pow(theta, (float) (2 * t) / headSize);
            for (int position = 0; position < positions; position++) {
                float angle = position * frequency;
                cosines[position * half + t] = (float) Math.cos(angle);
                sines[position * half + t] = (float) Math.sin(angle);
            }
        }
    }

    /**
     * Turns the first {@code heads} groups of numbers in each of a tile's rows.
     *
     * @param heads queries and keys together
     */
    public void apply(Tile tile, Matrix qkv, int heads) {
        for (int text = 0; text < tile.texts(); text++) {
            int start = tile.starts()[text];
            for (int i = 0; i < tile.length(text); i++) {
                for (int head = 0; head < heads; head++) {
                    long place = (long) (start + i) * qkv.columns() + 2L * head * half;
                    turn(qkv.data(), qkv.dtype(), place, i * half);
                }
            }
        }
    }

    private void turn(MemorySegment data, DType type, long place, int table) {
        for (int t = 0; t < half; t++) {
            float a = get(data, type, place + t);
            float b = get(data, type, place + half + t);
            float cos = cosines[table + t];
            float sin = sines[table + t];
            set(data, type, place + t, a * cos - b * sin);
            set(data, type, place + half + t, b * cos + a * sin);
        }
    }

    private static float get(MemorySegment data, DType type, long place) {
        return type == DType.F32
                ? data.get(F32, place * Float.BYTES)
                : Floats.fromBf16(data.get(BF16, place * Short.BYTES));
    }

    private static void set(MemorySegment data, DType type, long place, float value) {
        if (type == DType.F32) {
            data.set(F32, place * Float.BYTES, value);
        } else {
            data.set(BF16, place * Short.BYTES, Floats.toBf16(value));
        }
    }
}
