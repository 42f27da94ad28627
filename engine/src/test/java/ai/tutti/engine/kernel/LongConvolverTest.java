package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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

    @ParameterizedTest
    @ValueSource(ints = {1024, 2048, 4096, 8192, 16384, 32768})
    void blocksMayBeHalvesWhereMachineCodeComputes(int length) {
        try (var worker = new Worker(Kernels.instance())) {
            assumeTrue(LongConvolver.of(length).takesHalves(worker, length), "this CPU does not convolve in halves");
            assertThat(LongConvolver.of(length).takesHalves(worker, length - 1)).isFalse();
        }
        convolve(length, DType.I16, DType.F16, 2.5e-3); // results of up to 4 are rounded twice
    }

    private static void convolve(int length, DType spectra, double error) {
        convolve(length, spectra, DType.F32, error);
    }

    /** @param numbers what lies in blocks; inputs are such that nothing is rounded */
    private static void convolve(int length, DType spectra, DType numbers, double error) {
        var random = new Random(length);
        var ahead = floats(random, length, 1 / (float) Math.sqrt(length));
        var behind = floats(random, length, 1 / (float) Math.sqrt(length));
        var x = rounded(floats(random, 2 * length, 1), numbers);
        var gate = rounded(floats(random, 2 * length, 1), numbers);
        var h = rounded(floats(random, 2 * length, 1), numbers);
        var out = mixed(length, spectra, numbers, ahead, behind, x, gate, h);
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

    /** The second of two blocks, in h's place. */
    private static float[] mixed(
            int length, DType type, DType numbers, float[] ahead, float[] behind, float[] x, float[] gate, float[] h) {
        var convolver = LongConvolver.of(length);
        try (var arena = Arena.ofConfined();
                var worker = new Worker(Kernels.instance())) {
            var spectra = Spectra.room(type, convolver, 2, n -> arena.allocate(n * Float.BYTES, 64));
            convolver.spectrum(worker, ahead, behind, length, spectra, 1);
            var out = blocks(arena, numbers, h);
            convolver.mix(
                    worker, 1, blocks(arena, numbers, x), blocks(arena, numbers, gate), out, spectra, spectra, out);
            if (numbers == DType.F16) {
                return out.wide(1);
            }
            var values = new float[length * W];
            MemorySegment.copy(out.lines().data(), F32, out.place(1, 0), values, 0, values.length);
            return values;
        }
    }

    private static Blocks blocks(Arena arena, DType type, float[] values) {
        int length = values.length / 2 / W;
        var blocks = Blocks.room(
                2 * W, length, lines -> new Matrix(arena.allocate((long) lines * W * type.bytes(), 64), type, lines, W));
        for (int block = 0; block < 2; block++) {
            for (int i = 0; i < length * W; i++) {
                float value = values[block * length * W + i];
                long place = blocks.place(block, 0) + (long) i * type.bytes();
                if (type == DType.F16) {
                    blocks.lines().data().set(ValueLayout.JAVA_SHORT, place, Float.floatToFloat16(value));
                } else {
                    blocks.lines().data().set(F32, place, value);
                }
            }
        }
        return blocks;
    }

    private static float[] rounded(float[] values, DType type) {
        for (int i = 0; type == DType.F16 && i < values.length; i++) {
            values[i] = Float.float16ToFloat(Float.floatToFloat16(values[i]));
        }
        return values;
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
