package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
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
    @ValueSource(
            ints = {1, 2, 3, 11, 16, 17, 32, 33, 64, 100, 128, 200, 300, 600, 1500, 2048, 4096, 5000, 8192, 9000, 16384, 20000})
    void convolutionsEqualDirectSums(int length) {
        convolve(length, DType.F32, 1e-5);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 100, 600, 1024, 2048, 4096, 8192, 16384, 20000, 32768})
    void spectraInHalfTheMemoryAreAlmostAsGood(int length) {
        convolve(length, DType.I16, 3e-4);
    }

    private static void convolve(int length, DType spectra, double error) {
        var random = new Random(length);
        var ahead = floats(random, length, 1 / (float) Math.sqrt(length));
        var behind = floats(random, length, 1 / (float) Math.sqrt(length));
        var x = floats(random, 2 * length, 1);
        var gate = floats(random, 2 * length, 1);
        var h = floats(random, 2 * length, 1);
        var out = mixed(length, spectra, ahead, behind, x, gate, h);
        for (int t = 0; t < length; t += Math.max(1, length / 20)) {
            for (int lane = 0; lane < W; lane++) {
                int place = (length + t) * W + lane;
                double expected = direct(ahead, behind, x, length, t, lane) * gate[place]
                        + direct(ahead, behind, h, length, t, lane);
                assertThat(out[t * W + lane])
                        .as("row %d, lane %d", t, lane)
                        .isCloseTo((float) expected, within((float) error));
            }
        }
    }

    /** The second of two blocks. */
    private static float[] mixed(
            int length, DType type, float[] ahead, float[] behind, float[] x, float[] gate, float[] h) {
        var convolver = LongConvolver.of(length);
        try (var arena = Arena.ofConfined();
                var worker = new Worker(Kernels.instance())) {
            var spectra = Spectra.room(type, convolver, 2, n -> arena.allocate(n * Float.BYTES, 64));
            convolver.spectrum(worker, ahead, behind, length, spectra, 1);
            var out = blocks(arena, new float[x.length]);
            convolver.mix(
                    worker, 1, blocks(arena, x), blocks(arena, gate), blocks(arena, h), spectra, spectra, out);
            var values = new float[length * W];
            MemorySegment.copy(out.lines().data(), F32, out.place(1, 0), values, 0, values.length);
            return values;
        }
    }

    private static Blocks blocks(Arena arena, float[] values) {
        int length = values.length / 2 / W;
        var blocks = Blocks.room(
                2 * W, length, lines -> new Matrix(arena.allocate((long) lines * W * Float.BYTES, 64), DType.F32, lines, W));
        for (int block = 0; block < 2; block++) {
            MemorySegment.copy(values, block * length * W, blocks.lines().data(), F32, blocks.place(block, 0), length * W);
        }
        return blocks;
    }

    private static double direct(float[] ahead, float[] behind, float[] x, int length, int t, int lane) {
        double sum = 0;
        for (int s = 0; s < length; s++) {
            double k = s <= t ? ahead[(t - s) * W + lane] : behind[(s - t - 1) * W + lane];
            sum += k * x[(length + s) * W + lane];
        }
        return sum;
    }

    private static float[] floats(Random random, int rows, float bound) {
        var values = new float[rows * W];
        for (int i = 0; i < values.length; i++) {
            values[i] = (random.nextFloat() * 2 - 1) * bound;
        }
        return values;
    }
}
