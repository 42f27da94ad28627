package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector loops between the products and the convolutions: rows are positions {@code [positions, channels]}, blocks are
 * {@code [channels / width][positions][width]} as {@link LongConvolver} takes them. Channels are multiples of the width. Rows
 * may be f32 or bf16; arithmetic is f32.
 */
public final class RowLoops {
    private static final VectorSpecies<Float> LANES = RingPasses.LANES;
    private static final VectorSpecies<Integer> INTS = LANES.withLanes(int.class);
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Math.max(64, LANES.length() * Short.SIZE)));
    private static final int WIDTH = LANES.length();
    private static final long BYTES = RingPasses.BYTES;
    private static final long HALF = WIDTH * (long) Short.BYTES;
    private static final ByteOrder ORDER = RingPasses.ORDER;
    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(LANES, 8, 1, true);
    private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(LANES, 4, 1, true);
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(LANES, 2, 1, true);
    private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(LANES, 1, 1, true);

    private RowLoops() {}

    /** Whether this JVM was started with the module that vector loops need. */
    public static boolean available() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    /**
     * Rows out of blocks.
     *
     * @param blocks f32, {@code [blocks * positions, width]}
     * @param positions of a block
     * @param first the position that becomes row 0
     */
    public static void toRows(Matrix blocks, int positions, int first, int count, Matrix rows) {
        long stride = rows.rowBytes();
        for (int block = 0; block < rows.columns() / WIDTH; block++) {
            long from = ((long) block * positions + first) * BYTES;
            if (rows.dtype() == DType.F32) {
                copy(blocks.data(), from, BYTES, rows.data(), block * BYTES, stride, count);
            } else {
                round(blocks.data(), from, BYTES, rows.data(), block * HALF, stride, count);
            }
        }
    }

    /** f32 rows in the type of {@code to}. */
    public static void copy(Matrix from, int count, Matrix to) {
        if (to.dtype() == DType.F32) {
            MemorySegment.copy(from.data(), 0, to.data(), 0, count * from.rowBytes());
        } else {
            round(from.data(), 0, BYTES, to.data(), 0, HALF, from.columns() / WIDTH * count);
        }
    }

    private static void copy(
            MemorySegment from, long offset, long step, MemorySegment to, long place, long stride, int count) {
        long f = offset;
        long t = place;
        for (int i = 0; i < count; i++, f += step, t += stride) {
            FloatVector.fromMemorySegment(LANES, from, f, ORDER).intoMemorySegment(to, t, ORDER);
        }
    }

    /** To the nearest bf16, ties to even; numbers are finite. */
    private static void round(
            MemorySegment from, long offset, long step, MemorySegment to, long place, long stride, int count) {
        long f = offset;
        long t = place;
        for (int i = 0; i < count; i++, f += step, t += stride) {
            var bits = FloatVector.fromMemorySegment(LANES, from, f, ORDER).viewAsIntegralLanes();
            bits.lanewise(VectorOperators.LSHR, 16)
                    .and(1)
                    .add(bits)
                    .add(0x7fff)
                    .lanewise(VectorOperators.LSHR, 16)
                    .convertShape(VectorOperators.I2S, SHORTS, 0)
                    .reinterpretAsShorts()
                    .intoMemorySegment(to, t, ORDER);
        }
    }

    /**
     * A causal filter of three taps over three streams, and the first two multiplied:
     * {@code c[t] = b + w0 u[t - 2] + w1 u[t - 1] + w2 u[t]}; {@code product = c1 * c2}, {@code gate = c3}.
     *
     * @param u rows of the three streams side by side, f32 or bf16, {@code [2 + count, 3 * channels]}: rows 0 and 1 are the two
     *     positions before. Without a gate, of two streams
     * @param taps {@code [4][columns of u]}: w0, w1, w2, b
     * @param product blocks of {@code positions}, written from {@code first}
     * @param gate likewise; null: there is no third stream
     */
    public static void shortFilter(
            Matrix u, MemorySegment taps, int channels, int count, Matrix product, Matrix gate, int positions, int first) {
        boolean gated = u.columns() == 3 * channels;
        for (int block = 0; block < channels / WIDTH; block++) {
            long to = ((long) block * positions + first) * BYTES;
            int column = block * WIDTH;
            if (u.dtype() == DType.F32) {
                long stride = u.rowBytes();
                product(u.data(), column * 4L, channels * 4L, stride, taps, u.columns(), column, channels, count, product.data(), to);
                if (gated) {
                    filter(u.data(), (column + 2L * channels) * 4, stride, taps, u.columns(), column + 2 * channels, count, gate.data(), to);
                }
            } else {
                long stride = u.rowBytes();
                productHalf(u.data(), column * 2L, channels * 2L, stride, taps, u.columns(), column, channels, count, product.data(), to);
                if (gated) {
                    filterHalf(u.data(), (column + 2L * channels) * 2, stride, taps, u.columns(), column + 2 * channels, count, gate.data(), to);
                }
            }
        }
    }

    private static void filter(
            MemorySegment u, long offset, long stride, MemorySegment taps, long row, int column, int count, MemorySegment to, long place) {
        var w0 = FloatVector.fromMemorySegment(LANES, taps, column * 4L, ORDER);
        var w1 = FloatVector.fromMemorySegment(LANES, taps, (row + column) * 4, ORDER);
        var w2 = FloatVector.fromMemorySegment(LANES, taps, (2 * row + column) * 4, ORDER);
        var bias = FloatVector.fromMemorySegment(LANES, taps, (3 * row + column) * 4, ORDER);
        long f = offset;
        long t = place;
        for (int i = 0; i < count; i++, f += stride, t += BYTES) {
            var a = FloatVector.fromMemorySegment(LANES, u, f, ORDER);
            var b = FloatVector.fromMemorySegment(LANES, u, f + stride, ORDER);
            var c = FloatVector.fromMemorySegment(LANES, u, f + 2 * stride, ORDER);
            c.fma(w2, b.fma(w1, a.fma(w0, bias))).intoMemorySegment(to, t, ORDER);
        }
    }

    private static void product(
            MemorySegment u, long offset, long other, long stride, MemorySegment taps, long row, int column, int channels, int count,
            MemorySegment to, long place) {
        var w0 = FloatVector.fromMemorySegment(LANES, taps, column * 4L, ORDER);
        var w1 = FloatVector.fromMemorySegment(LANES, taps, (row + column) * 4, ORDER);
        var w2 = FloatVector.fromMemorySegment(LANES, taps, (2 * row + column) * 4, ORDER);
        var wb = FloatVector.fromMemorySegment(LANES, taps, (3 * row + column) * 4, ORDER);
        var x0 = FloatVector.fromMemorySegment(LANES, taps, (channels + column) * 4L, ORDER);
        var x1 = FloatVector.fromMemorySegment(LANES, taps, (row + channels + column) * 4, ORDER);
        var x2 = FloatVector.fromMemorySegment(LANES, taps, (2 * row + channels + column) * 4, ORDER);
        var xb = FloatVector.fromMemorySegment(LANES, taps, (3 * row + channels + column) * 4, ORDER);
        long f = offset;
        long t = place;
        for (int i = 0; i < count; i++, f += stride, t += BYTES) {
            var a = FloatVector.fromMemorySegment(LANES, u, f, ORDER);
            var b = FloatVector.fromMemorySegment(LANES, u, f + stride, ORDER);
            var c = FloatVector.fromMemorySegment(LANES, u, f + 2 * stride, ORDER);
            var d = FloatVector.fromMemorySegment(LANES, u, f + other, ORDER);
            var e = FloatVector.fromMemorySegment(LANES, u, f + other + stride, ORDER);
            var g = FloatVector.fromMemorySegment(LANES, u, f + other + 2 * stride, ORDER);
            var left = c.fma(w2, b.fma(w1, a.fma(w0, wb)));
            var right = g.fma(x2, e.fma(x1, d.fma(x0, xb)));
            left.mul(right).intoMemorySegment(to, t, ORDER);
        }
    }

    /** As {@link #filter}, out of bf16: a bf16's bits are a float's upper half. */
    private static void filterHalf(
            MemorySegment u, long offset, long stride, MemorySegment taps, long row, int column, int count, MemorySegment to, long place) {
        var w0 = FloatVector.fromMemorySegment(LANES, taps, column * 4L, ORDER);
        var w1 = FloatVector.fromMemorySegment(LANES, taps, (row + column) * 4, ORDER);
        var w2 = FloatVector.fromMemorySegment(LANES, taps, (2 * row + column) * 4, ORDER);
        var bias = FloatVector.fromMemorySegment(LANES, taps, (3 * row + column) * 4, ORDER);
        long f = offset;
        long t = place;
        for (int i = 0; i < count; i++, f += stride, t += BYTES) {
            var a = widened(u, f);
            var b = widened(u, f + stride);
            var c = widened(u, f + 2 * stride);
            c.fma(w2, b.fma(w1, a.fma(w0, bias))).intoMemorySegment(to, t, ORDER);
        }
    }

    private static void productHalf(
            MemorySegment u, long offset, long other, long stride, MemorySegment taps, long row, int column, int channels, int count,
            MemorySegment to, long place) {
        var w0 = FloatVector.fromMemorySegment(LANES, taps, column * 4L, ORDER);
        var w1 = FloatVector.fromMemorySegment(LANES, taps, (row + column) * 4, ORDER);
        var w2 = FloatVector.fromMemorySegment(LANES, taps, (2 * row + column) * 4, ORDER);
        var wb = FloatVector.fromMemorySegment(LANES, taps, (3 * row + column) * 4, ORDER);
        var x0 = FloatVector.fromMemorySegment(LANES, taps, (channels + column) * 4L, ORDER);
        var x1 = FloatVector.fromMemorySegment(LANES, taps, (row + channels + column) * 4, ORDER);
        var x2 = FloatVector.fromMemorySegment(LANES, taps, (2 * row + channels + column) * 4, ORDER);
        var xb = FloatVector.fromMemorySegment(LANES, taps, (3 * row + channels + column) * 4, ORDER);
        long f = offset;
        long t = place;
        for (int i = 0; i < count; i++, f += stride, t += BYTES) {
            var left = widened(u, f + 2 * stride).fma(w2, widened(u, f + stride).fma(w1, widened(u, f).fma(w0, wb)));
            var right = widened(u, f + other + 2 * stride)
                    .fma(x2, widened(u, f + other + stride).fma(x1, widened(u, f + other).fma(x0, xb)));
            left.mul(right).intoMemorySegment(to, t, ORDER);
        }
    }

    private static FloatVector widened(MemorySegment from, long offset) {
        return ((IntVector) ShortVector.fromMemorySegment(SHORTS, from, offset, ORDER).convertShape(VectorOperators.S2I, INTS, 0))
                .lanewise(VectorOperators.LSHL, 16)
                .viewAsFloatingLanes();
    }

    /**
     * Layer norm of rows (see {@link ai.tutti.engine.nn.LayerNorm}), the result as blocks and as rows.
     *
     * @param x f32, {@code [count, columns]}; columns from {@code channels} on are zero
     * @param scale f32, {@code [columns]}, zero from {@code channels} on
     * @param shift likewise
     * @param blocks f32, written from position {@code first}
     * @param rows what products take, f32 or bf16; may be {@code x}
     */
    public static void norm(
            Matrix x, MemorySegment scale, MemorySegment shift, float epsilon, int channels, int count,
            Matrix blocks, int positions, int first, Matrix rows) {
        int columns = x.columns();
        for (int row = 0; row < count; row++) {
            long from = row * x.rowBytes();
            float mean = sum(x.data(), from, columns) / channels;
            float squares = squares(x.data(), from, columns, mean) - (columns - channels) * mean * mean;
            float factor = (float) (1 / Math.sqrt(squares / channels + epsilon));
            long to = (first + row) * BYTES;
            if (rows.dtype() == DType.F32) {
                normed(x.data(), from, columns, mean, factor, scale, shift, blocks.data(), to, positions * BYTES, rows.data(), row * rows.rowBytes());
            } else {
                normedHalf(x.data(), from, columns, mean, factor, scale, shift, blocks.data(), to, positions * BYTES, rows.data(), row * rows.rowBytes());
            }
        }
    }

    private static float sum(MemorySegment x, long from, int columns) {
        var sum = FloatVector.zero(LANES);
        for (long f = from; f < from + columns * 4L; f += BYTES) {
            sum = sum.add(FloatVector.fromMemorySegment(LANES, x, f, ORDER));
        }
        return total(sum);
    }

    /** The lanes' sum by halves: {@code reduceLanes} may add in another order once the loop is compiled. */
    private static float total(FloatVector lanes) {
        var sum = lanes;
        if (WIDTH > 8) {
            sum = sum.add(sum.rearrange(BY_8));
        }
        if (WIDTH > 4) {
            sum = sum.add(sum.rearrange(BY_4));
        }
        if (WIDTH > 2) {
            sum = sum.add(sum.rearrange(BY_2));
        }
        return sum.add(sum.rearrange(BY_1)).lane(0);
    }

    private static float squares(MemorySegment x, long from, int columns, float mean) {
        var sum = FloatVector.zero(LANES);
        for (long f = from; f < from + columns * 4L; f += BYTES) {
            var d = FloatVector.fromMemorySegment(LANES, x, f, ORDER).sub(mean);
            sum = d.fma(d, sum);
        }
        return total(sum);
    }

    private static void normed(
            MemorySegment x, long from, int columns, float mean, float factor, MemorySegment scale, MemorySegment shift,
            MemorySegment blocks, long place, long stride, MemorySegment rows, long row) {
        long t = place;
        for (long f = 0; f < columns * 4L; f += BYTES, t += stride) {
            var value = FloatVector.fromMemorySegment(LANES, x, from + f, ORDER)
                    .sub(mean)
                    .mul(factor)
                    .fma(FloatVector.fromMemorySegment(LANES, scale, f, ORDER), FloatVector.fromMemorySegment(LANES, shift, f, ORDER));
            value.intoMemorySegment(blocks, t, ORDER);
            value.intoMemorySegment(rows, row + f, ORDER);
        }
    }

    private static void normedHalf(
            MemorySegment x, long from, int columns, float mean, float factor, MemorySegment scale, MemorySegment shift,
            MemorySegment blocks, long place, long stride, MemorySegment rows, long row) {
        long t = place;
        for (long f = 0; f < columns * 4L; f += BYTES, t += stride) {
            var value = FloatVector.fromMemorySegment(LANES, x, from + f, ORDER)
                    .sub(mean)
                    .mul(factor)
                    .fma(FloatVector.fromMemorySegment(LANES, scale, f, ORDER), FloatVector.fromMemorySegment(LANES, shift, f, ORDER));
            value.intoMemorySegment(blocks, t, ORDER);
            var bits = value.viewAsIntegralLanes();
            bits.lanewise(VectorOperators.LSHR, 16)
                    .and(1)
                    .add(bits)
                    .add(0x7fff)
                    .lanewise(VectorOperators.LSHR, 16)
                    .convertShape(VectorOperators.I2S, SHORTS, 0)
                    .reinterpretAsShorts()
                    .intoMemorySegment(rows, row + f / 2, ORDER);
        }
    }

    /** {@code x = sin(factor * x)}, a factor a column. */
    public static void sine(Matrix x, int count, MemorySegment factor) {
        var data = x.data();
        for (int row = 0; row < count; row++) {
            long from = row * x.rowBytes();
            for (long f = 0; f < x.rowBytes(); f += BYTES) {
                var angle = FloatVector.fromMemorySegment(LANES, data, from + f, ORDER)
                        .mul(FloatVector.fromMemorySegment(LANES, factor, f, ORDER));
                SameBits.sin(angle).intoMemorySegment(data, from + f, ORDER);
            }
        }
    }

    /** {@code x = x * exp(-times[row] * rates[column])}. */
    public static void decay(Matrix x, int count, float[] times, MemorySegment rates) {
        var data = x.data();
        for (int row = 0; row < count; row++) {
            long from = row * x.rowBytes();
            float time = -times[row];
            for (long f = 0; f < x.rowBytes(); f += BYTES) {
                var factor = SameBits.exp(
                        FloatVector.fromMemorySegment(LANES, rates, f, ORDER).mul(time));
                FloatVector.fromMemorySegment(LANES, data, from + f, ORDER).mul(factor).intoMemorySegment(data, from + f, ORDER);
            }
        }
    }

    /** {@code Σ a[i] * b[i]} over rows of one block: {@code [count, width]} both, into {@code to} at {@code place}. */
    public static void dot(MemorySegment a, long offsetA, MemorySegment b, long offsetB, int count, float[] to, int place) {
        var even = FloatVector.zero(LANES);
        var odd = FloatVector.zero(LANES);
        int i = 0;
        for (; i + 1 < count; i += 2) {
            long step = i * BYTES;
            even = FloatVector.fromMemorySegment(LANES, a, offsetA + step, ORDER)
                    .fma(FloatVector.fromMemorySegment(LANES, b, offsetB + step, ORDER), even);
            odd = FloatVector.fromMemorySegment(LANES, a, offsetA + step + BYTES, ORDER)
                    .fma(FloatVector.fromMemorySegment(LANES, b, offsetB + step + BYTES, ORDER), odd);
        }
        if (i < count) {
            long step = i * BYTES;
            even = FloatVector.fromMemorySegment(LANES, a, offsetA + step, ORDER)
                    .fma(FloatVector.fromMemorySegment(LANES, b, offsetB + step, ORDER), even);
        }
        even.add(odd).intoArray(to, place);
    }
}
