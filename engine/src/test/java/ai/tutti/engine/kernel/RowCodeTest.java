package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The engine's own code over rows, on CPUs that have it, against the formulas. */
final class RowCodeTest {
    private static final int ALL = 1 << 16;

    @Test
    void rowsThatAreTooWideAreLeftToOthers() {
        try (var worker = new Worker(Kernels.instance())) {
            assertThat(worker.normsAtOnce(4096 + 32)).isFalse();
            assertThat(worker.normsAtOnce(384 + 16)).isFalse();
        }
    }

    @Test
    void codeThatTheSystemRefusesIsNotUsed() {
        assumeTrue(MachineCode.isPossible(), "no machine code here");
        assertThat(MachineCode.runs(MachineCode.RETURN)).isTrue();
        assertThat(MachineCode.runs(new byte[0])).as("no memory of no bytes").isFalse();
    }

    @ParameterizedTest
    @EnumSource(names = {"GELU", "GELU_TANH"})
    void geluOfEveryNumber(Activation activation) {
        try (var worker = new Worker(Kernels.instance())) {
            assumeTrue(worker.activatesInPlace(activation, DType.BF16, ALL / 2), "no activation by machine code here");
            var numbers = worker.matrix("numbers", DType.BF16, 2, ALL / 2);
            for (int i = 0; i < ALL; i++) {
                numbers.data().setAtIndex(ValueLayout.JAVA_SHORT, i, (short) i);
            }
            worker.activate(activation, numbers, 0, 2);
            for (int i = 0; i < ALL; i++) {
                float x = widened((short) i);
                float found = widened(numbers.data().getAtIndex(ValueLayout.JAVA_SHORT, i));
                if (Math.abs(x) < 8) {
                    double expected = Gelu.of(activation).applyAsDouble(x);
                    assertThat((double) found).isCloseTo(expected, within(1.2e-4 + Math.abs(expected) / 256));
                } else if (Float.isFinite(x)) {
                    assertThat(found).isEqualTo(Math.max(x, 0));
                } else if (Float.isNaN(x)) {
                    assertThat(found).isNaN();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "32, 3, false", "384, 5, false", "800, 4, false", "1024, 1, false", "4096, 2, false", "384, 5, true", "768, 2, true", "4096, 2, true"
    })
    void layerNormInBothTypes(int columns, int rows, boolean sum) {
        var random = new Random(columns);
        try (var worker = new Worker(Kernels.instance())) {
            var x = worker.matrix("x", DType.F32, rows + 1, columns);
            var y = worker.matrix("y", DType.BF16, rows + 1, columns);
            var scale = worker.matrix("scale", DType.F32, 1, columns);
            var shift = worker.matrix("shift", DType.F32, 1, columns);
            var values = new float[(rows + 1) * columns];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextGaussian() * 3 + 50);
                x.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
                scale.data().setAtIndex(ValueLayout.JAVA_FLOAT, i % columns, i % columns % 7 - 3);
                shift.data().setAtIndex(ValueLayout.JAVA_FLOAT, i % columns, i % columns % 5);
            }
            assumeTrue(worker.normsAtOnce(columns), "no norms by machine code here");
            if (sum) {
                var added = worker.matrix("added", DType.F32, rows + 1, columns);
                for (int i = columns; i < values.length; i++) {
                    float addend = (float) random.nextGaussian();
                    added.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, addend);
                    values[i] += addend;
                }
                worker.layerNormOfSum(x, added, 1, rows, scale.data(), shift.data(), 0.5f, y);
            } else {
                assertThat(worker.layerNorm(x, 1, rows, scale.data(), shift.data(), 0.5f, y)).isTrue();
            }
            for (int i = 0; i < columns; i++) {
                assertThat(number(x.data(), i)).isEqualTo(values[i]); // the row before is left alone
            }
            for (int row = 1; row <= rows; row++) {
                compare(values, x, y, row, scale.data(), shift.data());
            }
        }
    }

    private static void compare(
            float[] values, Matrix x, Matrix y, int row, MemorySegment scale, MemorySegment shift) {
        int columns = x.columns();
        double mean = 0;
        double variance = 0;
        for (int i = row * columns; i < (row + 1) * columns; i++) {
            mean += values[i] / (double) columns;
        }
        for (int i = row * columns; i < (row + 1) * columns; i++) {
            variance += (values[i] - mean) * (values[i] - mean) / columns;
        }
        for (int i = 0; i < columns; i++) {
            int place = row * columns + i;
            double normal = (values[place] - mean) / Math.sqrt(variance + 0.5);
            float found = number(x.data(), place);
            assertThat((double) found).isCloseTo(normal * number(scale, i) + number(shift, i), within(5e-5));
            assertThat(y.data().getAtIndex(ValueLayout.JAVA_SHORT, place)).isEqualTo(Floats.toBf16(found));
        }
    }

    @Test
    void onlyWhereItIsMeant() {
        try (var worker = new Worker(Kernels.instance())) {
            assertThat(worker.activatesInPlace(Activation.GELU, DType.F32, 64)).isFalse();
            assertThat(worker.activatesInPlace(Activation.GELU, DType.BF16, 40)).isFalse();
            assertThat(worker.activatesInPlace(Activation.SILU, DType.BF16, 64)).isFalse();
        }
    }

    private static float number(MemorySegment data, int place) {
        return data.getAtIndex(ValueLayout.JAVA_FLOAT, place);
    }

    private static float widened(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }
}
