package ai.tutti.engine.family;

import java.util.Arrays;

/**
 * A power of two for each channel of the three streams x1, x2 and v of a mixer, so that x2 and v * x1 are numbers of f16 whatever
 * the text says. Powers of two change no digit: the short filter's taps and bias are multiplied with them, and the spectra of the
 * filter behind it with {@link #undone what undoes them}, so that no number more is computed.
 *
 * <p><b>The bound.</b> h is normed: {@code h[j] = scale[j] z[j] + shift[j]} with {@code |z|² <= hidden}. By Cauchy and Schwarz a row
 * {@code w, b} of the projection then gives at most {@code sqrt(hidden) |w * scale| + Σ |w[j] shift[j]| + |b|}, and the filter's
 * taps at most their absolute sum times that, and the filter's bias. Twice as much leaves room for what the products round. x1 and v
 * are brought below 2^7 and x2 below 2^15; f16 ends at 2^16.
 *
 * <p><b>Nothing is lost.</b> The bound is met only if a position's h points along the row: usual numbers lie below by some sqrt(hidden) in
 * each stream, 2^7 to 2^14 altogether, and f16 keeps 11 bits down to 2^-14. (Bounds beyond 2^40, or below 2^-20, are taken as that:
 * with streams so large f32 ends as well, and with streams so small they count for nothing beside h.)
 */
final class M2Scales {
    private static final int STREAMS = 3;

    /** Of the streams' bounds after scaling, as powers of two. */
    private static final int[] LIMITS = {7, 15, 7};

    private static final int SMALLEST = -40;
    private static final int LARGEST = 20;

    private final float[] factors; // [3][hidden]

    private M2Scales(float[] factors) {
        this.factors = factors;
    }

    /** Leaves all as it is. */
    static M2Scales none(int hidden) {
        var factors = new float[STREAMS * hidden];
        Arrays.fill(factors, 1);
        return new M2Scales(factors);
    }

    /**
     * What a mixer's weights call for.
     *
     * @param scale of the norm before it, {@code [hidden]}
     * @param shift likewise
     * @param weight of its projection, {@code [3 * hidden, hidden]}
     * @param bias {@code [3 * hidden]}
     * @param taps of the short filter, {@code [3 * hidden, taps]}
     * @param tapsBias {@code [3 * hidden]}
     */
    static M2Scales of(float[] scale, float[] shift, float[] weight, float[] bias, float[] taps, float[] tapsBias) {
        int hidden = scale.length;
        int each = taps.length / bias.length;
        var factors = new float[STREAMS * hidden];
        for (int row = 0; row < factors.length; row++) {
            double squares = 0;
            double most = Math.abs(bias[row]);
            for (int j = 0; j < hidden; j++) {
                double w = weight[row * hidden + j];
                squares += w * scale[j] * w * scale[j];
                most += Math.abs(w * shift[j]);
            }
            most += Math.sqrt(hidden * squares);
            double gain = 0;
            for (int tap = 0; tap < each; tap++) {
                gain += Math.abs(taps[row * each + tap]);
            }
            double bound = 2 * (gain * most + Math.abs(tapsBias[row]));
            int exponent = LIMITS[row / hidden] - 1 - Math.getExponent(bound);
            factors[row] = Math.scalb(1f, Math.clamp(exponent, SMALLEST, LARGEST));
        }
        return new M2Scales(factors);
    }

    /**
     * What a stream's channel is multiplied with.
     *
     * @param row {@code stream * hidden + channel}
     */
    float factor(int row) {
        return factors[row];
    }

    /**
     * What undoes the three streams' factors, once they have been multiplied with one another.
     *
     * @param width channels, of which those behind the hidden size are idle
     */
    float[] undone(int width) {
        int hidden = factors.length / STREAMS;
        var undone = new float[width];
        Arrays.fill(undone, 1);
        for (int channel = 0; channel < hidden; channel++) {
            for (int stream = 0; stream < STREAMS; stream++) {
                undone[channel] /= factors[stream * hidden + channel];
            }
        }
        return undone;
    }
}
