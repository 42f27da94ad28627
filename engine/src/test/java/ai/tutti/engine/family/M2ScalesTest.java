package ai.tutti.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams at their largest: h along a row of the projection. */
final class M2ScalesTest {
    private static final int HIDDEN = 48;
    private static final int TAPS = 3;

    @ParameterizedTest
    @CsvSource({"1, 1", "1e6, 1", "1e-6, 1", "1, 1e5", "1e8, 1e3", "1e-3, 1e-3", "0, 0"})
    void noStreamLeavesTheRangeOfHalves(float size, float tap) {
        var random = new Random(1);
        var scale = floats(random, HIDDEN, 2);
        var shift = floats(random, HIDDEN, 1);
        var weight = floats(random, 3 * HIDDEN * HIDDEN, size);
        var bias = floats(random, 3 * HIDDEN, size);
        var taps = floats(random, 3 * HIDDEN * TAPS, tap);
        var tapsBias = floats(random, 3 * HIDDEN, tap);
        var scales = M2Scales.of(scale, shift, weight, bias, taps, tapsBias);
        var undone = scales.undone(HIDDEN + 16);
        for (int channel = 0; channel < HIDDEN; channel++) {
            double factors = 1;
            for (int stream = 0; stream < 3; stream++) {
                int row = stream * HIDDEN + channel;
                assertThat(Math.scalb(1f, Math.getExponent(scales.factor(row)))).as("a power of two").isEqualTo(scales.factor(row));
                double largest = largest(scale, shift, weight, bias, taps, tapsBias, row) * scales.factor(row);
                assertThat(largest).isLessThan(stream == 1 ? 1 << 15 : 1 << 7);
                if (size * tap > 1e-5) {
                    assertThat(largest).as("no digit is given away").isGreaterThan(stream == 1 ? 1 << 11 : 1 << 3);
                }
                factors *= scales.factor(row);
            }
            assertThat(factors * undone[channel]).isEqualTo(1);
        }
        assertThat(undone[HIDDEN]).isEqualTo(1);
    }

    /** Streams that are as unlike as f32 allows, and come to usual numbers together. */
    @ParameterizedTest
    @CsvSource({"1e-10, 1e20, 1e-10", "1e10, 1e-20, 1e10", "1e13, 1e-26, 1e13", "1e20, 1e-20, 1"})
    void unlikeStreamsAreHalvesToo(float x1, float x2, float v) {
        var random = new Random(3);
        var scale = floats(random, HIDDEN, 2);
        var shift = floats(random, HIDDEN, 1);
        var weight = floats(random, 3 * HIDDEN * HIDDEN, 1);
        var bias = floats(random, 3 * HIDDEN, 1);
        var taps = floats(random, 3 * HIDDEN * TAPS, 1);
        var tapsBias = floats(random, 3 * HIDDEN, 1);
        for (int i = 0; i < taps.length; i++) {
            float size = List.of(x1, x2, v).get(i / TAPS / HIDDEN);
            taps[i] *= size;
            tapsBias[i / TAPS] *= i % TAPS == 0 ? size : 1;
        }
        var scales = M2Scales.of(scale, shift, weight, bias, taps, tapsBias);
        var undone = scales.undone(HIDDEN);
        for (int channel = 0; channel < HIDDEN; channel++) {
            double factors = 1;
            for (int stream = 0; stream < 3; stream++) {
                int row = stream * HIDDEN + channel;
                double largest = largest(scale, shift, weight, bias, taps, tapsBias, row) * scales.factor(row);
                assertThat(largest).isBetween(stream == 1 ? 0x1p11 : 0x1p3, stream == 1 ? 0x1p15 : 0x1p7);
                factors *= scales.factor(row);
            }
            assertThat(factors * undone[channel]).isEqualTo(1);
        }
    }

    /** Where a filter makes most of streams and states that are at their largest. */
    @ParameterizedTest
    @CsvSource({"1, 1, 1", "100, 3, 30", "1e-3, 1, 0", "1e4, 1e-3, 200", "0, 0, 0"})
    void noResultLeavesTheRangeOfHalves(float size, float gain, float other) {
        var random = new Random(2);
        var scale = floats(random, HIDDEN, 2);
        var shift = floats(random, HIDDEN, 1);
        var weight = floats(random, 3 * HIDDEN * HIDDEN, size);
        var bias = floats(random, 3 * HIDDEN, size);
        var taps = floats(random, 3 * HIDDEN * TAPS, 1);
        var tapsBias = floats(random, 3 * HIDDEN, 1);
        var gated = floats(random, HIDDEN + 16, gain);
        var residual = floats(random, HIDDEN + 16, other);
        for (int i = 0; i < gated.length; i++) {
            gated[i] = Math.abs(gated[i]);
            residual[i] = Math.abs(residual[i]);
        }
        float factor = M2Scales.of(scale, shift, weight, bias, taps, tapsBias).results(gated, residual);
        assertThat(Math.scalb(1f, Math.getExponent(factor))).as("a power of two").isEqualTo(factor);
        double most = 0;
        for (int channel = 0; channel < HIDDEN; channel++) {
            double x1 = largest(scale, shift, weight, bias, taps, tapsBias, channel);
            double x2 = largest(scale, shift, weight, bias, taps, tapsBias, HIDDEN + channel);
            double v = largest(scale, shift, weight, bias, taps, tapsBias, 2 * HIDDEN + channel);
            double state = Math.sqrt(HIDDEN) * Math.abs(scale[channel]) + Math.abs(shift[channel]);
            most = Math.max(most, x2 * x1 * v * gated[channel] + state * residual[channel]);
        }
        assertThat(most * factor).isLessThan(1 << 15);
        if (gain > 0) {
            assertThat(most * factor).as("no digit is given away").isGreaterThan(1 << 7);
        }
    }

    @Test
    void aNormWhoseResultsAreNoHalvesIsTold() {
        var scale = new float[HIDDEN];
        var shift = new float[HIDDEN];
        scale[3] = 4000;
        assertThat(M2Scales.fits(scale, shift)).isTrue();
        shift[3] = -6000;
        assertThat(M2Scales.fits(scale, shift)).isFalse();
        shift[3] = Float.NaN;
        assertThat(M2Scales.fits(scale, shift)).isFalse();
    }

    /** What a stream is where all three positions are the normed row that makes most of it. */
    private static double largest(
            float[] scale, float[] shift, float[] weight, float[] bias, float[] taps, float[] tapsBias, int row) {
        double squares = 0;
        double u = bias[row];
        for (int j = 0; j < HIDDEN; j++) {
            double w = weight[row * HIDDEN + j];
            squares += w * scale[j] * w * scale[j];
            u += w * shift[j];
        }
        u = Math.abs(u) + Math.sqrt(HIDDEN * squares);
        double gain = 0;
        for (int tap = 0; tap < TAPS; tap++) {
            gain += Math.abs(taps[row * TAPS + tap]);
        }
        return gain * u + Math.abs(tapsBias[row]);
    }

    private static float[] floats(Random random, int count, float bound) {
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (random.nextFloat() * 2 - 1) * bound;
        }
        return values;
    }
}
