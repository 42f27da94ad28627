package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector loops around products of bytes ({@link CodedWeights}). Each goes over rows one by one, and over a row as often as it
 * must while the row is in the nearest cache: what a product leaves needs its row's step and a bias before anything else, and
 * what the next product takes needs the row's largest and smallest number before its codes.
 *
 * <p><b>Codes.</b> {@code u = round(x * factor / step) + zero} with one step a row,
 * {@code step = max(most / (255 - zero), -least / zero)} over the row's numbers times their columns' factors, and at least 0.
 * A row depends on nothing but itself.
 *
 * <p><b>Speed.</b> Columns are multiples of {@value #COLUMNS}. Everything is written out: a vector that crosses a call may end
 * on the heap. Memory is read by address, and what is read is checked once a call: checks at every vector cost as much as the
 * arithmetic. Largest numbers are found among bits, as whole numbers, which floats that are not negative compare like; Java's own
 * minimum and maximum of floats take six instructions for the sake of NaN and -0.
 */
public final class CodeLoops {
    /** What the number of columns must be a multiple of. */
    public static final int COLUMNS = 16;

    /** All memory, by address. */
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final VectorSpecies<Float> LANES = RingPasses.LANES;
    private static final int WIDTH = RingPasses.WIDTH;
    private static final ByteOrder ORDER = RingPasses.ORDER;
    private static final VectorSpecies<Integer> INTS = LANES.withLanes(int.class);
    private static final VectorSpecies<Short> SHORTS = RowLoops.SHORTS;
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, WIDTH * Byte.SIZE)));
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    /** Added to a number below 2^22, it leaves it rounded to a whole one, which its last bits hold. */
    private static final float ROUND = 0x1.8p23f;
    /** Bytes of four floats. */
    private static final int QUARTER = 4 * Float.BYTES;
    /** A float's sign. */
    private static final int SIGN = 0x80000000;
    /** Half of a bf16's last place, in an f32's bits. */
    private static final int HALF_PLACE = 0x8000;

    private static final int HIGHEST = 255;
    /** A row's steps below are nothing. */
    private static final float NOTHING = 1e-30f;

    /** Beyond, GELU is x or 0. */
    private static final float END = 4;

    /**
     * GELU is {@code x / 2 + |x| c p(c²)} with c = min(|x|, 4) and these coefficients of p, fitted so that the largest error is
     * least: 2e-4, a twentieth of the step of a row whose largest number is 1.
     */
    private static final float[] GELU = {
        0.39788336f, -0.06457311f, 0.008772388f, -0.0008140155f, 4.7955527e-05f, -1.5986029e-06f, 2.2781453e-08f
    };

    /** As {@link #GELU}, of its form with the hyperbolic tangent. */
    private static final float[] GELU_TANH = {
        0.39774543f, -0.06464245f, 0.008840033f, -0.0008289612f, 4.9405124e-05f, -1.6647313e-06f, 2.3943324e-08f
    };

    private CodeLoops() {}

    /** Whether this JVM's vectors are of a width that these loops know. */
    public static boolean computed() {
        return WIDTH == 8 || WIDTH == 16;
    }

    /**
     * Some rows' codes.
     *
     * @param x f32 or bf16, {@code [rows, columns]}, from row {@code first}
     * @param codes of the first row on
     * @param to how they are made
     */
    public static void quantise(Matrix x, int first, int rows, Coding to, Codes codes) {
        to.check(x.columns());
        codes.check(rows, x.columns());
        requireRows(x, first, rows);
        for (int i = 0; i < rows; i++) {
            long from = x.address(first + i);
            float step = x.dtype() == DType.F32
                    ? spread(from, to.factors().address(), x.columns(), to.zero(), codes.row())
                    : widened(from, to.factors().address(), x.columns(), to.zero(), codes.row());
            codes.write(i, step, to.zero());
        }
    }

    /**
     * {@code y = x * step + bias}.
     *
     * @param x a product's results, {@code [rows, columns]}
     * @param codes with the steps of its rows
     * @param y f32 or bf16, written from row {@code first}
     */
    public static void rescale(Matrix x, int rows, MemorySegment bias, Codes codes, Matrix y, int first) {
        requireRows(x, 0, rows);
        requireRows(y, first, rows);
        requireColumns(bias, x.columns());
        for (int i = 0; i < rows; i++) {
            if (y.dtype() == DType.F32) {
                rescaleToF32(x.address(i), codes.step(i), bias.address(), x.columns(), y.address(first + i));
            } else {
                rescale(x.address(i), codes.step(i), bias.address(), x.columns(), y.address(first + i));
            }
        }
    }

    /**
     * {@code h = norm(h + x * step + bias)}, and the codes of the result.
     *
     * @param x a product's results, {@code [rows, columns]}
     * @param steps of x's rows
     * @param h f32, the residual, from row {@code first}
     * @param scale the norm's
     * @param shift the norm's
     * @param to how codes are made of the result
     * @param codes of the result; may share x's steps
     */
    public static void addNorm(
            Matrix x,
            int rows,
            MemorySegment bias,
            Codes steps,
            Matrix h,
            int first,
            MemorySegment scale,
            MemorySegment shift,
            float epsilon,
            Coding to,
            Codes codes) {
        int columns = x.columns();
        requireRows(x, 0, rows);
        requireRows(h, first, rows);
        requireColumns(bias, columns);
        requireColumns(scale, columns);
        requireColumns(shift, columns);
        to.check(columns);
        codes.check(rows, columns);
        for (int i = 0; i < rows; i++) {
            long place = h.address(first + i);
            float mean = add(x.address(i), steps.step(i), bias.address(), columns, place, codes.row()) / columns;
            float variance = squares(place, columns, mean, codes.row()) / columns;
            float factor = (float) (1 / Math.sqrt(variance + epsilon));
            float step = norm(
                    place, columns, mean, factor, scale.address(), shift.address(), to.factors().address(), to.zero(), codes.row());
            codes.write(i, step, to.zero());
        }
    }

    /**
     * Codes of {@code act(x * step + bias)}.
     *
     * @param x a product's results, {@code [rows, columns]}
     * @param steps of x's rows
     * @param to how codes are made of the result
     */
    public static void activate(
            Matrix x, int rows, MemorySegment bias, Codes steps, CodedActivation activation, Coding to, Codes codes) {
        int columns = x.columns();
        requireRows(x, 0, rows);
        requireColumns(bias, columns);
        to.check(columns);
        codes.check(rows, columns);
        long factors = to.factors().address();
        for (int i = 0; i < rows; i++) {
            long from = x.address(i);
            float step =
                    switch (activation) {
                        case GELU ->
                            gelu(from, steps.step(i), bias.address(), columns, GELU, factors, to.zero(), codes.row());
                        case GELU_TANH ->
                            gelu(from, steps.step(i), bias.address(), columns, GELU_TANH, factors, to.zero(), codes.row());
                        case RELU -> relu(from, steps.step(i), bias.address(), columns, factors, to.zero(), codes.row());
                    };
            codes.write(i, step, to.zero());
        }
    }

    /**
     * How codes are made of numbers.
     *
     * @param factors of the columns, f32
     * @param zero the code of 0
     */
    public record Coding(MemorySegment factors, int zero) {
        private void check(int columns) {
            requireColumns(factors, columns);
        }
    }

    /**
     * Rows of codes, with room for one row of numbers.
     *
     * @param matrix bytes, {@code [rows, columns]}
     * @param steps f32, one a row
     * @param numbers f32, {@code [1, columns]}
     */
    public record Codes(Matrix matrix, Matrix steps, Matrix numbers) {
        float step(int row) {
            return steps.data().getAtIndex(F32, row);
        }

        long row() {
            return numbers.address(0);
        }

        /** Makes codes of the row of numbers. */
        void write(int row, float step, int zero) {
            steps.data().setAtIndex(F32, row, step);
            codes(numbers.address(0), matrix.columns(), step, zero, matrix.address(row));
        }

        private void check(int rows, int columns) {
            if (matrix.columns() != columns || numbers.columns() < columns || columns % COLUMNS != 0) {
                throw new IllegalArgumentException("%d columns are not the codes' %d".formatted(columns, matrix.columns()));
            }
            requireRows(matrix, 0, rows);
        }
    }

    private static void requireRows(Matrix matrix, int first, int rows) {
        if (first < 0 || first + rows > matrix.rows()) {
            throw new IllegalArgumentException("rows %d to %d of %d".formatted(first, first + rows, matrix.rows()));
        }
    }

    private static void requireColumns(MemorySegment vector, int columns) {
        if (vector.byteSize() < (long) columns * Float.BYTES) {
            throw new IllegalArgumentException("%d bytes are not %d numbers".formatted(vector.byteSize(), columns));
        }
    }

    private static void rescale(long x, float step, long bias, int columns, long y) {
        var s = FloatVector.broadcast(LANES, step);
        for (int i = 0; i < columns; i += WIDTH) {
            ShortVector.fromMemorySegment(SHORTS, ALL, x + 2L * i, ORDER)
                    .convertShape(VectorOperators.S2I, INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .fma(s, FloatVector.fromMemorySegment(LANES, ALL, bias + 4L * i, ORDER))
                    .reinterpretAsInts()
                    .add(HALF_PLACE)
                    .lanewise(VectorOperators.LSHR, 16)
                    .convertShape(VectorOperators.I2S, SHORTS, 0)
                    .reinterpretAsShorts()
                    .intoMemorySegment(ALL, y + 2L * i, ORDER);
        }
    }

    private static void rescaleToF32(long x, float step, long bias, int columns, long y) {
        var s = FloatVector.broadcast(LANES, step);
        for (int i = 0; i < columns; i += WIDTH) {
            ShortVector.fromMemorySegment(SHORTS, ALL, x + 2L * i, ORDER)
                    .convertShape(VectorOperators.S2I, INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .fma(s, FloatVector.fromMemorySegment(LANES, ALL, bias + 4L * i, ORDER))
                    .intoMemorySegment(ALL, y + 4L * i, ORDER);
        }
    }

    /** Adds a row of a product to the residual; the sum of all. */
    private static float add(long x, float step, long bias, int columns, long h, long row) {
        var s = FloatVector.broadcast(LANES, step);
        var sum = FloatVector.zero(LANES);
        for (int i = 0; i < columns; i += WIDTH) {
            var value = ShortVector.fromMemorySegment(SHORTS, ALL, x + 2L * i, ORDER)
                    .convertShape(VectorOperators.S2I, INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .fma(s, FloatVector.fromMemorySegment(LANES, ALL, bias + 4L * i, ORDER))
                    .add(FloatVector.fromMemorySegment(LANES, ALL, h + 4L * i, ORDER));
            value.intoMemorySegment(ALL, h + 4L * i, ORDER);
            sum = sum.add(value);
        }
        sum.intoMemorySegment(ALL, row, ORDER);
        return total(row);
    }

    /** In two sums a lane: one alone would wait for itself. */
    private static float squares(long x, int columns, float mean, long row) {
        var m = FloatVector.broadcast(LANES, mean);
        var even = FloatVector.zero(LANES);
        var odd = FloatVector.zero(LANES);
        int i = 0;
        for (; i + 2 * WIDTH <= columns; i += 2 * WIDTH) {
            var d = FloatVector.fromMemorySegment(LANES, ALL, x + 4L * i, ORDER).sub(m);
            var e = FloatVector.fromMemorySegment(LANES, ALL, x + 4L * (i + WIDTH), ORDER).sub(m);
            even = d.fma(d, even);
            odd = e.fma(e, odd);
        }
        if (i < columns) {
            var d = FloatVector.fromMemorySegment(LANES, ALL, x + 4L * i, ORDER).sub(m);
            even = d.fma(d, even);
        }
        even.add(odd).intoMemorySegment(ALL, row, ORDER);
        return total(row);
    }

    /** The sum of a vector's numbers, by halves: always in the same order. */
    private static float total(long vector) {
        float total = quarter(vector) + quarter(vector + QUARTER);
        return WIDTH == 8 ? total : total + (quarter(vector + 2 * QUARTER) + quarter(vector + 3 * QUARTER));
    }

    private static float quarter(long at) {
        return (ALL.get(F32, at) + ALL.get(F32, at + 4)) + (ALL.get(F32, at + 8) + ALL.get(F32, at + 12));
    }

    private static float norm(
            long h, int columns, float mean, float factor, long scale, long shift, long factors, int zero, long row) {
        var m = FloatVector.broadcast(LANES, mean);
        var f = FloatVector.broadcast(LANES, factor);
        var most = IntVector.zero(INTS);
        var least = IntVector.zero(INTS);
        for (int i = 0; i < columns; i += WIDTH) {
            var value = FloatVector.fromMemorySegment(LANES, ALL, h + 4L * i, ORDER)
                    .sub(m)
                    .mul(f)
                    .fma(
                            FloatVector.fromMemorySegment(LANES, ALL, scale + 4L * i, ORDER),
                            FloatVector.fromMemorySegment(LANES, ALL, shift + 4L * i, ORDER));
            value.intoMemorySegment(ALL, h + 4L * i, ORDER);
            var coded = value.mul(FloatVector.fromMemorySegment(LANES, ALL, factors + 4L * i, ORDER));
            coded.intoMemorySegment(ALL, row + 4L * i, ORDER);
            var bits = coded.reinterpretAsInts();
            most = most.max(bits);
            least = least.max(bits.lanewise(VectorOperators.XOR, SIGN));
        }
        return step(most.reduceLanes(VectorOperators.MAX), least.reduceLanes(VectorOperators.MAX), zero);
    }

    private static float gelu(
            long x, float step, long bias, int columns, float[] p, long factors, int zero, long row) {
        var s = FloatVector.broadcast(LANES, step);
        var c0 = FloatVector.broadcast(LANES, p[0]);
        var c1 = FloatVector.broadcast(LANES, p[1]);
        var c2 = FloatVector.broadcast(LANES, p[2]);
        var c3 = FloatVector.broadcast(LANES, p[3]);
        var c4 = FloatVector.broadcast(LANES, p[4]);
        var c5 = FloatVector.broadcast(LANES, p[5]);
        var c6 = FloatVector.broadcast(LANES, p[6]);
        var half = FloatVector.broadcast(LANES, 0.5f);
        var end = IntVector.broadcast(INTS, Float.floatToRawIntBits(END));
        var most = IntVector.zero(INTS);
        var least = IntVector.zero(INTS);
        for (int i = 0; i < columns; i += WIDTH) {
            var value = ShortVector.fromMemorySegment(SHORTS, ALL, x + 2L * i, ORDER)
                    .convertShape(VectorOperators.S2I, INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .fma(s, FloatVector.fromMemorySegment(LANES, ALL, bias + 4L * i, ORDER));
            var magnitude = value.abs();
            var c = magnitude.reinterpretAsInts().min(end).reinterpretAsFloats();
            var u = c.mul(c);
            var q = c6.fma(u, c5).fma(u, c4).fma(u, c3).fma(u, c2).fma(u, c1).fma(u, c0);
            var coded = q.mul(c)
                    .fma(magnitude, value.mul(half))
                    .mul(FloatVector.fromMemorySegment(LANES, ALL, factors + 4L * i, ORDER));
            coded.intoMemorySegment(ALL, row + 4L * i, ORDER);
            var bits = coded.reinterpretAsInts();
            most = most.max(bits);
            least = least.max(bits.lanewise(VectorOperators.XOR, SIGN));
        }
        return step(most.reduceLanes(VectorOperators.MAX), least.reduceLanes(VectorOperators.MAX), zero);
    }

    private static float relu(long x, float step, long bias, int columns, long factors, int zero, long row) {
        var s = FloatVector.broadcast(LANES, step);
        var most = IntVector.zero(INTS);
        for (int i = 0; i < columns; i += WIDTH) {
            var bits = ShortVector.fromMemorySegment(SHORTS, ALL, x + 2L * i, ORDER)
                    .convertShape(VectorOperators.S2I, INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .fma(s, FloatVector.fromMemorySegment(LANES, ALL, bias + 4L * i, ORDER))
                    .mul(FloatVector.fromMemorySegment(LANES, ALL, factors + 4L * i, ORDER))
                    .reinterpretAsInts()
                    .max(0);
            bits.intoMemorySegment(ALL, row + 4L * i, ORDER);
            most = most.max(bits);
        }
        return step(most.reduceLanes(VectorOperators.MAX), 0, zero);
    }

    /** A row of f32 times the factors, and its step. */
    private static float spread(long x, long factors, int columns, int zero, long row) {
        var most = IntVector.zero(INTS);
        var least = IntVector.zero(INTS);
        for (int i = 0; i < columns; i += WIDTH) {
            var coded = FloatVector.fromMemorySegment(LANES, ALL, x + 4L * i, ORDER)
                    .mul(FloatVector.fromMemorySegment(LANES, ALL, factors + 4L * i, ORDER));
            coded.intoMemorySegment(ALL, row + 4L * i, ORDER);
            var bits = coded.reinterpretAsInts();
            most = most.max(bits);
            least = least.max(bits.lanewise(VectorOperators.XOR, SIGN));
        }
        return step(most.reduceLanes(VectorOperators.MAX), least.reduceLanes(VectorOperators.MAX), zero);
    }

    /** As {@link #spread}, of bf16. */
    private static float widened(long x, long factors, int columns, int zero, long row) {
        var most = IntVector.zero(INTS);
        var least = IntVector.zero(INTS);
        for (int i = 0; i < columns; i += WIDTH) {
            var coded = ShortVector.fromMemorySegment(SHORTS, ALL, x + 2L * i, ORDER)
                    .convertShape(VectorOperators.S2I, INTS, 0)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .mul(FloatVector.fromMemorySegment(LANES, ALL, factors + 4L * i, ORDER));
            coded.intoMemorySegment(ALL, row + 4L * i, ORDER);
            var bits = coded.reinterpretAsInts();
            most = most.max(bits);
            least = least.max(bits.lanewise(VectorOperators.XOR, SIGN));
        }
        return step(most.reduceLanes(VectorOperators.MAX), least.reduceLanes(VectorOperators.MAX), zero);
    }

    /** @param most bits of the largest number, and {@code least} of minus the smallest, neither negative */
    private static float step(int most, int least, int zero) {
        float step = Math.max(Float.intBitsToFloat(most) / (HIGHEST - zero), Float.intBitsToFloat(least) / zero);
        return step < NOTHING ? 0 : step;
    }

    private static void codes(long row, int columns, float step, int zero, long codes) {
        var per = FloatVector.broadcast(LANES, step == 0 ? 0 : 1 / step);
        var round = FloatVector.broadcast(LANES, ROUND + zero);
        for (int i = 0; i < columns; i += WIDTH) {
            FloatVector.fromMemorySegment(LANES, ALL, row + 4L * i, ORDER)
                    .fma(per, round)
                    .reinterpretAsInts()
                    .convertShape(VectorOperators.I2B, BYTES, 0)
                    .reinterpretAsBytes()
                    .intoMemorySegment(ALL, codes + i, ORDER);
        }
    }
}
