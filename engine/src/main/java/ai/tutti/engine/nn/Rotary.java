package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.RotaryLoops;
import ai.tutti.engine.kernel.VectorModule;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.ValueLayout;

/**
 * Rotary position embedding (Su et al., 2021, arXiv:2104.09864): the numbers t and {@code t + d / 2} of each head's query
 * and key are turned by the angle {@code position * frequency[t]}, with {@code frequency[t] = theta^(-2t / d)} where nothing
 * scales them, so that their product depends on the distance alone.
 */
public final class Rotary {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT;
    private static final boolean VECTORS = VectorModule.present();

    private final int half;
    /** Of every position, {@code [positions, d / 2]}. */
    private final float[] cosines;

    private final float[] sines;

    /**
     * Angles are computed in f32, as the reference does: at thousands of tokens its rounding can be seen.
     *
     * @param frequencies of each pair of a head's numbers, {@code [d / 2]}
     * @param positions the most tokens of a text
     */
    public Rotary(float[] frequencies, int positions) {
        half = requireNonNull(frequencies, "frequencies is null").length;
        cosines = new float[Math.multiplyExact(positions, half)];
        sines = new float[positions * half];
        for (int t = 0; t < half; t++) {
            for (int position = 0; position < positions; position++) {
                float angle = position * frequencies[t];
                cosines[position * half + t] = (float) Math.cos(angle);
                sines[position * half + t] = (float) Math.sin(angle);
            }
        }
    }

    /**
     * The frequencies that nothing scales.
     *
     * @param headSize numbers a head, even
     * @param theta the base
     */
    public static float[] frequencies(int headSize, double theta) {
        if (headSize % 2 != 0) {
            throw new IllegalArgumentException("a head of %d numbers cannot be halved".formatted(headSize));
        }
        var frequencies = new float[headSize / 2];
        for (int t = 0; t < frequencies.length; t++) {
            frequencies[t] = 1 / (float) Math.pow(theta, (float) (2 * t) / headSize);
        }
        return frequencies;
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
                int row = tile.starts()[text] + i;
                for (int head = 0; head < heads; head++) {
                    int column = 2 * head * half;
                    turn(source, row, column, i, 1, target, (long) row * target.columns() + column);
                }
            }
        }
    }

    /**
     * Turns one head.
     *
     * @param source f32; the head's numbers lie in this row from {@code column} on
     * @param factor all numbers are multiplied by it
     * @param target f32 or bf16; may be {@code source}
     * @param place where in {@code target} the head's numbers go, in numbers from its beginning
     */
    public void turn(Matrix source, int row, int column, int position, float factor, Matrix target, long place) {
        long from = row * source.rowBytes() + (long) column * Float.BYTES;
        int table = position * half;
        int done = !VECTORS
                ? 0
                : RotaryLoops.turn(
                        source.data(),
                        from,
                        cosines,
                        sines,
                        table,
                        half,
                        factor,
                        target.dtype(),
                        target.data(),
                        place * target.dtype().bytes());
        for (int t = done; t < half; t++) {
            float a = source.data().get(F32, from + (long) t * Float.BYTES);
            float b = source.data().get(F32, from + (long) (half + t) * Float.BYTES);
            float cos = cosines[table + t];
            float sin = sines[table + t];
            set(target, place + t, (a * cos - b * sin) * factor);
            set(target, place + half + t, (b * cos + a * sin) * factor);
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
