package ai.tutti.engine.nn;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
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
     * Turns every head of a tile's queries and keys.
     *
     * @param source f32, {@code [tokens, n]}: any number of heads side by side
     * @param target what is turned goes into the first n of its columns; may be {@code source}
     */
    public void apply(Tile tile, Matrix source, Matrix target) {
        int heads = source.columns() / (2 * half);
        for (int text = 0; text < tile.texts(); text++) {
            for (int i = 0; i < tile.length(text); i++) {
                long row = (long) tile.starts()[text] + i;
                for (int head = 0; head < heads; head++) {
                    long column = 2L * head * half;
                    turn(source, source.rowBytes() * row + column * Float.BYTES, i, target, row * target.columns() + column);
                }
            }
        }
    }

    private void turn(Matrix source, long from, int position, Matrix target, long to) {
        int table = position * half;
        for (int t = 0; t < half; t++) {
            float a = source.data().get(F32, from + (long) t * Float.BYTES);
            float b = source.data().get(F32, from + (long) (half + t) * Float.BYTES);
            float cos = cosines[table + t];
            float sin = sines[table + t];
            set(target, to + t, a * cos - b * sin);
            set(target, to + half + t, b * cos + a * sin);
        }
    }

    private static void set(Matrix target, long place, float value) {
        if (target.dtype() == DType.F32) {
            target.data().set(F32, place * Float.BYTES, value);
        } else {
            target.data().set(BF16, place * Short.BYTES, Floats.toBf16(value));
        }
    }
}
