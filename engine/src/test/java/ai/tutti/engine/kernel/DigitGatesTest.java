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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A product and its gate by machine code, followed by one more product of their digits, against sums in double. */
@Tag("reference")
final class DigitGatesTest {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    @BeforeEach
    void requireCode() {
        assumeTrue(Kernels.instance().multipliesDigits(), "this CPU has no products of digits by machine code");
    }

    @ParameterizedTest
    @CsvSource({"64, 64, 16", "64, 128, 3", "192, 768, 40", "192, 768, 200", "128, 192, 113"})
    void gatedProductsEqualSumsInDouble(int in, int wide, int rows) {
        var random = new Random(in + wide + rows);
        int columns = 3 * in;
        int whole = (rows + DigitTiles.ROWS - 1) / DigitTiles.ROWS * DigitTiles.ROWS;
        var x = gaussian(random, rows * columns, 1);
        var gate = gaussian(random, wide * in, 1 / Math.sqrt(in));
        var value = gaussian(random, wide * in, 1 / Math.sqrt(in));
        int out = 16;
        var down = gaussian(random, out * wide, 1 / Math.sqrt(wide));
        try (var arena = Arena.ofConfined();
                var worker = new Worker(Kernels.instance())) {
            var from = matrix(arena, DType.F32, whole, columns);
            MemorySegment.copy(x, 0, from.data(), F32, 0, x.length);
            var digits = matrix(arena, DType.I8, whole, 2 * columns);
            var scales = arena.allocate(4L * whole, 64);
            DigitTiles.split(worker, from, rows, digits, scales);
            var results = matrix(arena, DType.I8, whole, 2 * wide);
            var resultScales = arena.allocate(4L * whole, 64);
            Kernels.instance()
                    .digitGates(gate, value, in, arena)
                    .multiply(worker, rows, digits, 0, 2 * in, scales, results, resultScales);
            var y = matrix(arena, DType.F32, whole, out);
            Kernels.instance()
                    .digitTiles(down, wide, arena)
                    .multiply(
                            worker, rows, results, 0, resultScales.address(), y.address(0), out,
                            PlanSpec.Combine.STORE, arena.allocate(4L * out, 64).address());
            for (int row = 0; row < rows; row++) {
                var gated = new double[wide];
                for (int i = 0; i < wide; i++) {
                    double a = dot(x, row * columns, gate, i * in, in);
                    double b = dot(x, row * columns + 2 * in, value, i * in, in);
                    gated[i] = Gelu.of(Activation.GELU).applyAsDouble(a) * b;
                }
                for (int i = 0; i < out; i++) {
                    double expected = 0;
                    for (int j = 0; j < wide; j++) {
                        expected += gated[j] * down[i * wide + j];
                    }
                    assertThat((double) y.data().getAtIndex(F32, (long) row * out + i))
                            .as("row %d, output %d", row, i)
                            .isCloseTo(expected, within(5e-4));
                }
            }
        }
    }

    private static double dot(float[] a, int fromA, float[] b, int fromB, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += (double) a[fromA + i] * b[fromB + i];
        }
        return sum;
    }

    private static Matrix matrix(Arena arena, DType type, int rows, int columns) {
        return new Matrix(arena.allocate((long) rows * columns * type.bytes(), 64), type, rows, columns);
    }

    private static float[] gaussian(Random random, int count, double deviation) {
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
        }
        return values;
    }
}
