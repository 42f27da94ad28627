package ai.tutti.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
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
