package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.tutti.engine.kernel.CodeLoops.Codes;
import ai.tutti.engine.kernel.CodeLoops.Coding;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What lies between attentions, by products of bytes, against the formulas: every way of computing it that this CPU has. */
@Tag("reference")
final class CodedRowsTest {
    /** Rows around those that are computed. */
    private static final int GUARD = 16;
    private static final byte UNTOUCHED = 0x55;

    private final Arena arena = Arena.ofShared();
    private final Random random = new Random(7);
    private Worker worker;

    @BeforeEach
    void onCpusThatMultiplyBytes() {
        assumeTrue(Kernels.instance().cpu().multipliesBytes() && CodeLoops.computed(), "no exact products of bytes, or vectors of another width");
        worker = new Worker(Kernels.instance());
    }

    @AfterEach
    void close() {
        if (worker != null) {
            worker.close();
        }
        arena.close();
    }

    /** Ways of computing, rows, inputs, outputs. */
    static Stream<Arguments> shapes() {
        return ways().flatMap(way -> Stream.of(
                        new int[] {16, 64, 64},
                        new int[] {48, 192, 448},
                        new int[] {112, 384, 96},
                        new int[] {80, 832, 64},
                        new int[] {48, 1536, 384},
                        new int[] {32, 3072, 768},
                        new int[] {16, 768, 3072})
                .map(shape -> arguments(way, shape[0], shape[1], shape[2])));
    }

    private static Stream<CodedRows> ways() {
        var kernels = Kernels.instance();
        return Stream.of(new LoopedRows(kernels), kernels.codedRows(64, 64, DType.BF16)).distinct();
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void projected(CodedRows way, int rows, int in, int out) {
        var input = input(rows, in, 128);
        var layer = layer(way, in, out, 128);
        var y = guarded(DType.BF16, rows, out);
        way.project(worker, input.codes(), rows, layer.layer(), y, GUARD);
        for (int row = 0; row < rows; row += 5) {
            for (int n = 0; n < out; n++) {
                double expected = layer.result(input, row, n);
                assertThat(bf16(y, GUARD + row, n)).isCloseTo(expected, within(slack(way) + Math.abs(expected) / 256));
            }
        }
        requireGuards(y, rows);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void addedAndNormalised(CodedRows way, int rows, int in, int out) {
        var input = input(rows, in, 64);
        var layer = layer(way, in, out, 64);
        var h = guarded(DType.F32, rows, out);
        var before = new float[rows * out];
        for (int i = 0; i < before.length; i++) {
            before[i] = (float) random.nextGaussian();
            h.data().setAtIndex(ValueLayout.JAVA_FLOAT, GUARD * out + i, before[i]);
        }
        var norm = new CodedRows.Norm(gaussian(out, 1, 0.1), gaussian(out, 0, 0.1), 1e-5f);
        var to = new Coding(gaussian(out, 1, 0.2), 128);
        var results = codes(rows, out);
        way.addNorm(worker, input.codes(), rows, layer.layer(), h, GUARD, norm, to, results);
        for (int row = 0; row < rows; row += 7) {
            int place = row * out;
            int first = row;
            double[] sums = IntStream.range(0, out)
                    .mapToDouble(n -> before[place + n] + layer.result(input, first, n))
                    .toArray();
            double mean = IntStream.range(0, out).mapToDouble(n -> sums[n]).average().orElseThrow();
            double variance = IntStream.range(0, out)
                    .mapToDouble(n -> (sums[n] - mean) * (sums[n] - mean))
                    .average()
                    .orElseThrow();
            for (int n = 0; n < out; n++) {
                double expected = (sums[n] - mean) / Math.sqrt(variance + 1e-5) * number(norm.scale(), n) + number(norm.shift(), n);
                double found = h.data().getAtIndex(ValueLayout.JAVA_FLOAT, (GUARD + row) * out + n);
                assertThat(found).isCloseTo(expected, within(slack(way)));
            }
        }
        requireGuards(h, rows);
        requireCodes(h, GUARD, rows, to, results);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void activated(CodedRows way, int rows, int in, int out) {
        activated(way, rows, in, out, CodedActivation.GELU, Gelu.of(Activation.GELU));
    }

    @ParameterizedTest
    @EnumSource
    void activatedByAnyFunction(CodedActivation activation) {
        DoubleUnaryOperator function = activation == CodedActivation.RELU ? x -> Math.max(x, 0) : Gelu.of(activation.plain());
        ways().forEach(way -> activated(way, 48, 192, 128, activation, function));
    }

    private void activated(
            CodedRows way, int rows, int in, int out, CodedActivation activation, DoubleUnaryOperator function) {
        var input = input(rows, in, 128);
        var layer = layer(way, in, out, 128);
        var to = new Coding(gaussian(out, 1, 0.2), 64);
        var results = codes(rows, out);
        way.activate(worker, input.codes(), rows, layer.layer(), activation, to, results);
        for (int row = 0; row < rows; row += 5) {
            int place = row;
            double[] expected = IntStream.range(0, out)
                    .mapToDouble(n -> function.applyAsDouble(layer.result(input, place, n)) * number(to.factors(), n))
                    .toArray();
            requireCodes(expected, 64, results, row);
        }
        requireUntouched(results.matrix(), rows);
    }

    @ParameterizedTest
    @CsvSource({"32, 64", "64, 192", "16, 832", "48, 3072"})
    void quantised(int rows, int columns) {
        ways().forEach(way -> {
            var x = guarded(DType.BF16, rows, columns);
            for (int i = 0; i < rows * columns; i++) {
                // A row of zeros, one of numbers below 0, the others mixed.
                double value = i / columns == 1 ? 0 : i / columns == 2 ? -1 - random.nextDouble() : random.nextGaussian();
                x.data().setAtIndex(ValueLayout.JAVA_SHORT, GUARD * columns + i, Floats.toBf16((float) value));
            }
            var to = new Coding(gaussian(columns, 1, 0.2), 128);
            var results = codes(rows, columns);
            way.quantise(worker, x, GUARD, rows, to, results);
            requireCodes(x, GUARD, rows, to, results);
            requireUntouched(results.matrix(), rows);
        });
    }

    @Test
    void normalisedAlone() {
        ways().forEach(way -> {
            int rows = 32;
            for (int columns : new int[] {64, 384, 448, 1024}) {
                var h = guarded(DType.F32, rows, columns);
                for (int i = 0; i < rows * columns; i++) {
                    h.data().setAtIndex(ValueLayout.JAVA_FLOAT, GUARD * columns + i, (float) random.nextGaussian());
                }
                var to = new Coding(gaussian(columns, 1, 0.2), 128);
                var results = codes(rows, columns);
                var norm = new CodedRows.Norm(gaussian(columns, 1, 0.1), gaussian(columns, 0, 0.1), 1e-12f);
                way.norm(worker, h, GUARD, rows, norm, to, results);
                requireCodes(h, GUARD, rows, to, results);
                requireGuards(h, rows);
                requireUntouched(results.matrix(), rows);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void aRowsBitsDoNotDependOnItsNeighbours(CodedRows way, int rows, int in, int out) {
        var layer = layer(way, in, out, 128);
        var input = input(rows, in, 128);
        var y = guarded(DType.BF16, rows, out);
        way.project(worker, input.codes(), rows, layer.layer(), y, GUARD);
        var alone = codes(16, in);
        for (int row = 0; row < rows; row += 9) {
            input.codes().matrix().copyRows(row, alone.matrix(), 3, 1);
            alone.steps().data().setAtIndex(ValueLayout.JAVA_FLOAT, 3, input.codes().step(row));
            var z = guarded(DType.BF16, 16, out);
            way.project(worker, alone, 16, layer.layer(), z, GUARD);
            long first = (GUARD + row) * y.rowBytes();
            long other = (GUARD + 3) * z.rowBytes();
            assertThat(MemorySegment.mismatch(y.data(), first, first + y.rowBytes(), z.data(), other, other + z.rowBytes()))
                    .isEqualTo(-1);
        }
    }

    /** oneDNN's results go through bf16. */
    private static double slack(CodedRows way) {
        return way instanceof LoopedRows ? 0.03 : 5e-4;
    }

    /** A layer with what its codes mean. */
    private record Known(CodedRows.Layer layer, float[] weight, int in) {
        double result(Input input, int row, int n) {
            double sum = 0;
            for (int k = 0; k < in; k++) {
                sum += (double) input.value(row, k) * weight[n * in + k];
            }
            return sum * input.codes().step(row) + number(layer.bias(), n);
        }
    }

    private record Input(Codes codes, int zero) {
        int value(int row, int k) {
            return (codes.matrix().data().get(ValueLayout.JAVA_BYTE, row * codes.matrix().rowBytes() + k) & 0xff) - zero;
        }
    }

    private Known layer(CodedRows way, int in, int out, int zero) {
        var weight = new float[in * out];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) (random.nextGaussian() / Math.sqrt(in));
        }
        var packed = way.pack(weight, in, zero, arena);
        return new Known(new CodedRows.Layer(packed, gaussian(out, 0, 0.3)), weight, in);
    }

    private Input input(int rows, int columns, int zero) {
        var codes = codes(rows, columns);
        for (int i = 0; i < rows * columns; i++) {
            codes.matrix().data().set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(256));
        }
        for (int i = 0; i < rows; i++) {
            codes.steps().data().setAtIndex(ValueLayout.JAVA_FLOAT, i, 0.01f + 0.01f * random.nextFloat());
        }
        return new Input(codes, zero);
    }

    private Codes codes(int rows, int columns) {
        var matrix = matrix(DType.U8, rows + GUARD, columns);
        matrix.data().fill(UNTOUCHED);
        return new Codes(matrix, matrix(DType.F32, rows, 1), matrix(DType.F32, 1, columns));
    }

    private Matrix guarded(DType type, int rows, int columns) {
        var matrix = matrix(type, rows + 2 * GUARD, columns);
        matrix.data().fill(UNTOUCHED);
        return matrix;
    }

    private Matrix matrix(DType type, int rows, int columns) {
        return new Matrix(arena.allocate((long) rows * columns * type.bytes(), 64), type, rows, columns);
    }

    private MemorySegment gaussian(int count, double mean, double deviation) {
        var memory = arena.allocate((long) count * Float.BYTES, 64);
        for (int i = 0; i < count; i++) {
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (mean + deviation * random.nextGaussian()));
        }
        return memory;
    }

    private static void requireGuards(Matrix matrix, int rows) {
        requireUntouched(matrix, GUARD + rows);
        requireUntouched(matrix.data().asSlice(0, GUARD * matrix.rowBytes()));
    }

    /** The rows behind the first ones. */
    private static void requireUntouched(Matrix matrix, int rows) {
        requireUntouched(matrix.data().asSlice(rows * matrix.rowBytes()));
    }

    private static void requireUntouched(MemorySegment memory) {
        var untouched = MemorySegment.ofArray(new byte[(int) memory.byteSize()]).fill(UNTOUCHED);
        assertThat(memory.mismatch(untouched)).isEqualTo(-1);
    }

    /** The codes of numbers that are known. */
    private static void requireCodes(Matrix x, int first, int rows, Coding to, Codes results) {
        for (int row = 0; row < rows; row++) {
            int place = first + row;
            double[] expected = IntStream.range(0, x.columns())
                    .mapToDouble(n -> number(x, place, n) * number(to.factors(), n))
                    .toArray();
            requireCodes(expected, to.zero(), results, row);
        }
    }

    /** With as much room as bf16 needs. */
    private static void requireCodes(double[] expected, int zero, Codes results, int row) {
        double most = 0;
        double least = 0;
        for (double value : expected) {
            most = Math.max(most, value);
            least = Math.min(least, value);
        }
        double step = Math.max(most / (255 - zero), -least / zero);
        assertThat((double) results.step(row)).isCloseTo(step, within(step * 0.01 + 1e-20));
        var found = new Input(results, zero);
        for (int n = 0; n < expected.length; n++) {
            double value = found.value(row, n) * (double) results.step(row);
            assertThat(value).isCloseTo(expected[n], within(step * 0.51 + 3e-3 + Math.abs(expected[n]) / 128));
        }
    }

    private static double number(Matrix x, int row, int n) {
        return x.dtype() == DType.BF16 ? bf16(x, row, n) : x.data().getAtIndex(ValueLayout.JAVA_FLOAT, row * x.columns() + n);
    }

    private static float number(MemorySegment vector, int i) {
        return vector.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }

    private static double bf16(Matrix y, int row, int n) {
        return Float.intBitsToFloat(y.data().getAtIndex(ValueLayout.JAVA_SHORT, row * y.columns() + n) << 16);
    }
}
