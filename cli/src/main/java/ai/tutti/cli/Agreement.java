package ai.tutti.cli;

import ai.tutti.engine.nn.Vectors;
import java.util.Arrays;

/**
 * How well vectors of the same texts agree.
 *
 * @param least the least cosine of a text's two vectors
 * @param median the median cosine
 * @param neighbours the fraction of texts whose nearest other text is the same on both sides; NaN for fewer than three texts
 * @param ourLength the median length of the first side's vectors
 * @param theirLength of the second's
 */
record Agreement(double least, double median, double neighbours, double ourLength, double theirLength) {
    private static final double SAME_MEDIAN = 0.999;
    private static final double SAME_LEAST = 0.99;

    /** Compares {@code [texts][dimensions]} with as many. */
    static Agreement of(float[][] ours, float[][] theirs) {
        var cosines = new double[ours.length];
        int agree = 0;
        for (int i = 0; i < ours.length; i++) {
            cosines[i] = Vectors.cosine(ours[i], theirs[i]);
            agree += nearest(ours, i) == nearest(theirs, i) ? 1 : 0;
        }
        return new Agreement(
                Arrays.stream(cosines).min().orElse(Double.NaN),
                median(cosines),
                ours.length < 3 ? Double.NaN : (double) agree / ours.length,
                median(lengths(ours)),
                median(lengths(theirs)));
    }

    /** Whether an index of the one side can be asked with vectors of the other. */
    boolean same() {
        return median >= SAME_MEDIAN && least >= SAME_LEAST;
    }

    private static int nearest(float[][] vectors, int text) {
        int best = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < vectors.length; i++) {
            double cosine = i == text ? Double.NEGATIVE_INFINITY : Vectors.cosine(vectors[text], vectors[i]);
            if (cosine > most) {
                most = cosine;
                best = i;
            }
        }
        return best;
    }

    private static double[] lengths(float[][] vectors) {
        return Arrays.stream(vectors).mapToDouble(Vectors::length).toArray();
    }

    private static double median(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
