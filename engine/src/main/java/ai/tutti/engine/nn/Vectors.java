package ai.tutti.engine.nn;

import java.util.Arrays;

/** Arithmetic on finished vectors. */
public final class Vectors {
    private static final double SMALLEST_NORM = 1e-12;

    private Vectors() {}

    /** Scales to length 1 in place: {@code x / max(|x|, 1e-12)}, as PyTorch's {@code normalize}. */
    public static void normalize(float[] vector) {
        double norm = Math.max(length(vector), SMALLEST_NORM);
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (vector[i] / norm);
        }
    }

    /** Whether no number is infinite or NaN. */
    public static boolean finite(float[] vector) {
        for (float value : vector) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /** The first dimensions. */
    public static float[] cut(float[] vector, int dimensions) {
        return Arrays.copyOf(vector, dimensions);
    }

    /** The cosine of the angle between two vectors, in -1 to 1; 0 when one of them is zero. */
    public static double cosine(float[] a, float[] b) {
        double norms = length(a) * length(b);
        return norms == 0 ? 0 : Math.clamp(dot(a, b) / norms, -1, 1);
    }

    /** The Euclidean length. */
    public static double length(float[] vector) {
        return Math.sqrt(dot(vector, vector));
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
