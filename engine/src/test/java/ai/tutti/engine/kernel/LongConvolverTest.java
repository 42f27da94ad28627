package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transforms against direct sums in double. */
@Tag("reference")
final class LongConvolverTest {
    private static final int W = LongConvolver.width();
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 11, 16, 17, 32, 33, 64, 100, 128, 200, 300, 600, 1500, 2048, 4096, 5000})
    void convolutionsEqualDirectSums(int length) {
        var random = new Random(length);
        var ahead = floats(random, length);
        var behind = floats(random, length);
        var x = floats(random, length);
        var gate = floats(random, length);
        var convolver = LongConvolver.of(length);
        try (var arena = Arena.ofConfined();
                var worker = new Worker(Kernels.instance())) {
            var spectrum = arena.allocate(convolver.spectrumBytes(), 64);
            convolver.spectrum(worker, ahead, behind, length, spectrum, 0);
            var in = arena.allocateFrom(F32, x);
            var gates = arena.allocateFrom(F32, gate);
            var out = arena.allocate(in.byteSize(), 64);
            convolver.gated(
                    worker,
                    new LongConvolver.Input(in, 0, length),
                    spectrum,
                    0,
                    new LongConvolver.Input(gates, 0, length),
                    out);
            convolver.added(worker, new LongConvolver.Input(in, 0, length), spectrum, 0, out);
            int step = Math.max(1, length / 50);
            for (int t = 0; t < length; t += step) {
                for (int lane = 0; lane < W; lane++) {
                    double sum = direct(ahead, behind, x, length, t, lane);
                    double expected = sum * gate[t * W + lane] + sum;
                    assertThat(out.getAtIndex(F32, (long) t * W + lane))
                            .as("row %d, lane %d", t, lane)
                            .isCloseTo((float) expected, org.assertj.core.api.Assertions.within(1e-5f * (float) Math.sqrt(length)));
                }
            }
        }
    }

    private static double direct(float[] ahead, float[] behind, float[] x, int length, int t, int lane) {
        double sum = 0;
        for (int s = 0; s < length; s++) {
            double k = s <= t ? ahead[(t - s) * W + lane] : behind[(s - t - 1) * W + lane];
            sum += k * x[s * W + lane];
        }
        return sum;
    }

    private static float[] floats(Random random, int rows) {
        var values = new float[rows * W];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }
}
