package ai.tutti.engine.family;

import java.util.Arrays;

/**
 * Powers of two that make a mixer's numbers numbers of f16 whatever the text says: one for each channel of the three streams x1, x2
 * and v, and one for what comes out of both filters. Powers of two change no digit: the short filter's taps and bias are
 * multiplied with the first, the spectra behind it with {@link #undone what undoes them}, both filters' spectra with the last,
 * and what that makes of results is a part of the scales that they get next. So no number more is computed.
 *
 * <p><b>The streams' bound.</b> h is normed: {@code h[j] = scale[j] z[j] + shift[j]} with {@code |z|² <= hidden}. By Cauchy and Schwarz a row
 * {@code w, b} of the projection then gives at most {@code sqrt(hidden) |w * scale| + Σ |w[j] shift[j]| + |b|}, and the filter's
 * taps at most their absolute sum times that, and the filter's bias. Twice as much leaves room for what the products round. x1 and v
 * are brought below 2^7 and x2 below 2^15; f16 ends at 2^16.
 *
 * <p><b>The results' bound.</b> A filter makes of numbers that are at most m at most m times the sum of its absolute weights, its gain. So
 * results are at most that of h's bound, and that of v * x1's times x2's, in whichever channel it is most; that is brought below
 * 2^15, too. (h itself needs no factor: a norm that could bring it to 2^15 is none that anybody trained, and {@link #fits} tells.)
 *
 * <p><b>Nothing is lost.</b> The bounds are met only if a position's h points along the row, and every number has its weight's sign: usual
 * ones lie below by some sqrt(hidden) in each stream, 2^7 to 2^14 altogether, and results by 2^18 to 2^24; f16 keeps 11 bits down
 * to 2^-14. (A factor is at most 2^100, and at least 2^-100; what undoes three of them is a number of f32. Beyond that f32 ends as
 * well.)
 */
final class M2Scales {
    private static final int STREAMS = 3;

    /** Of the streams' bounds after scaling, as powers of two. */
    private static final int[] LIMITS = {7, 15, 7};

    private static final int MOST = 100;

    /** Of h and of the results, as a power of two. */
    private static final int LIMIT = 15;

    private final float[] factors; // [3][hidden]
    private final float[] states; // [hidden], h's bounds

    private M2Scales(float[] factors, float[] states) {
        this.factors = factors;
        this.states = states;
    }

    /** Leaves all as it is. */
    static M2Scales none(int hidden) {
        var factors = new float[STREAMS * hidden];
        Arrays.fill(factors, 1);
        return new M2Scales(factors, new float[hidden]);
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
            factors[row] = factor(LIMITS[row / hidden], bound);
        }
        return new M2Scales(factors, states(scale, shift));
    }

    /** The most that normed numbers can be. */
    private static float[] states(float[] scale, float[] shift) {
        var states = new float[scale.length];
        for (int j = 0; j < states.length; j++) {
            states[j] = (float) Math.sqrt(states.length) * Math.abs(scale[j]) + Math.abs(shift[j]);
        }
        return states;
    }

    /**
     * Whether all that a norm gives are numbers of f16.
     *
     * @param scale of the norm, {@code [hidden]}
     * @param shift likewise
     */
    static boolean fits(float[] scale, float[] shift) {
        for (float most : states(scale, shift)) {
            if (!(most < 1 << LIMIT)) {
                return false;
            }
        }
        return true;
    }

    /**
     * What the results of both filters are multiplied with.
     *
     * @param gated each channel's gain of the filter over v * x1
     * @param residual of the one over h
     */
    float results(float[] gated, float[] residual) {
        var undone = undone(states.length);
        double streams = Math.scalb(1.0, LIMITS[0] + LIMITS[1] + LIMITS[2]);
        double most = 0;
        for (int channel = 0; channel < states.length; channel++) {
            most = Math.max(
                    most,
                    (double) states[channel] * residual[channel] + streams * undone[channel] * gated[channel]);
        }
        return factor(LIMIT, most);
    }

    /** What brings a bound below a power of two. */
    private static float factor(int limit, double bound) {
        return bound == 0 ? 1 : Math.scalb(1f, Math.clamp(limit - 1 - Math.getExponent(bound), -MOST, MOST));
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
            int exponent = 0;
            for (int stream = 0; stream < STREAMS; stream++) {
                exponent -= Math.getExponent(factors[stream * hidden + channel]);
            }
            undone[channel] = Math.scalb(1f, Math.clamp(exponent, Float.MIN_EXPONENT, Float.MAX_EXPONENT));
        }
        return undone;
    }
}
