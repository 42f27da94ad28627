package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The short filter's machine code against the loops, on CPUs that have it. */
final class ShortFilterTest {
    private static final int W = LongConvolver.width();
    private static final int POSITIONS = 40;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    @ParameterizedTest
    @CsvSource({
        "3, 48, 17, 5, F32", "3, 48, 17, 5, F16", "3, 16, 40, 0, F16", "3, 32, 2, 38, F16", "2, 48, 17, 5, F32", "3, 48, 0, 5, F16"
    })
    void machineCodeWritesWhatLoopsWrite(int streams, int channels, int count, int first, DType type) {
        try (var arena = Arena.ofConfined();
                var worker = new Worker(Kernels.instance())) {
            assumeTrue(LongConvolver.of(1024).takesHalves(worker, 1024), "this CPU does not convolve in halves");
            var random = new Random(channels);
            var u = random(arena, random, 2 + count, streams * channels, 3);
            var taps = random(arena, random, 4, streams * channels, 1).data();
            var product = blocks(arena, channels, DType.F32);
            var gate = blocks(arena, channels, DType.F32);
            RowLoops.shortFilter(u, taps, channels, count, product, gate, 1, first);

            var productByCode = blocks(arena, channels, type);
            var gateByCode = blocks(arena, channels, type);
            worker.shortFilter(u, taps, channels, count, productByCode, gateByCode, 1, first);

            for (int line = 0; line < product.lines().rows() * W; line++) {
                assertThat(number(productByCode, line)).isEqualTo(rounded(number(product, line), type));
                assertThat(number(gateByCode, line)).isEqualTo(rounded(number(gate, line), type));
            }
        }
    }

    private static Matrix random(Arena arena, Random random, int rows, int columns, float bound) {
        var matrix = new Matrix(arena.allocate((long) rows * columns * Float.BYTES, 64), DType.F32, rows, columns);
        for (int i = 0; i < rows * columns; i++) {
            matrix.data().setAtIndex(F32, i, (random.nextFloat() * 2 - 1) * bound);
        }
        return matrix;
    }

    /** A block of zeros more in front. */
    private static Blocks blocks(Arena arena, int channels, DType type) {
        return Blocks.room(
                W + channels, POSITIONS, lines -> new Matrix(arena.allocate((long) lines * W * type.bytes(), 64), type, lines, W));
    }

    private static float number(Blocks blocks, int index) {
        var data = blocks.lines().data();
        return blocks.type() == DType.F16
                ? Float.float16ToFloat(data.getAtIndex(ValueLayout.JAVA_SHORT, index))
                : data.getAtIndex(F32, index);
    }

    private static float rounded(float value, DType type) {
        return type == DType.F16 ? Float.float16ToFloat(Float.floatToFloat16(value)) : value;
    }
}
