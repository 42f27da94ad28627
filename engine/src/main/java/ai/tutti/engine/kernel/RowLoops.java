package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector loops between the products and the convolutions: rows are positions {@code [positions, channels]}, see
 * {@link Blocks} for the convolutions' order. Channels are multiples of a block's. All is f32 unless said.
 */
public final class RowLoops {
    private static final VectorSpecies<Float> LANES = RingPasses.LANES;
    private static final int WIDTH = RingPasses.WIDTH;
    static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Math.max(64, WIDTH * Short.SIZE)));
    private static final long BYTES = RingPasses.BYTES;
    private static final ByteOrder ORDER = RingPasses.ORDER;
    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(LANES, 8, 1, true);
    private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(LANES, 4, 1, true);
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(LANES, 2, 1, true);
    private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(LANES, 1, 1, true);

    private RowLoops() {}

    /**
     * Rows out of blocks.
     *
     * @param first the position that becomes row 0
     */
    public static void toRows(Blocks blocks, int first, int count, Matrix rows) {
        var lines = blocks.lines().data();
        for (int block = 0; block < rows.columns() / WIDTH; block++) {
            copy(lines, blocks.place(block, first), rows.data(), block * BYTES, rows.rowBytes(), count);
        }
    }

    private static void copy(MemorySegment from, long offset, MemorySegment to, long place, long stride, int count) {
        long f = offset;
        long t = place;
        for (int i = 0; i < count; i++, f += BYTES, t += stride) {
            FloatVector.fromMemorySegment(LANES, from, f, ORDER).intoMemorySegment(to, t, ORDER);
        }
    }

    /** {@code to[row] = a[i] + b[j]}, rows of two dense tables of so many columns. */
    public static void sum(MemorySegment a, int i, MemorySegment b, int j, int columns, Matrix to, int row) {
        long bytes = (long) columns * Float.BYTES;
        for (long at = 0; at < bytes; at += BYTES) {
            FloatVector.fromMemorySegment(LANES, a, i * bytes + at, ORDER)
                    .add(FloatVector.fromMemorySegment(LANES, b, j * bytes + at, ORDER))
                    .intoMemorySegment(to.data(), row * to.rowBytes() + at, ORDER);
        }
    }

    /** To the nearest bf16, ties to even; numbers are finite. */
    static ShortVector rounded(FloatVector value) {
        var bits = value.reinterpretAsInts();
        return bits.lanewise(VectorOperators.LSHR, 16)
                .and(1)
                .add(bits)
                .add(0x7fff)
                .lanewise(VectorOperators.LSHR, 16)
                .convertShape(VectorOperators.I2S, SHORTS, 0)
                .reinterpretAsShorts();
    }

    /**
     * A causal filter of three taps over three streams, and the first two multiplied:
     * {@code c[t] = b + w0 u[t - 2] + w1 u[t - 1] + w2 u[t]}; {@code product = c1 * c2}, {@code gate = c3}.
     *
     * @param u rows of the three streams side by side, {@code [2 + count, 3 * channels]}: rows 0 and 1 are the two positions
     *     before; or of the first two streams, and there is no gate
     * @param taps f32, {@code [4][columns of u]}: w0, w1, w2, b
     * @param product written from position {@code first} of a block on, and of those behind it
     * @param gate likewise
     */
    public static void shortFilter(
            Matrix u, MemorySegment taps, int channels, int count, Blocks product, Blocks gate, int block, int first) {
        boolean gated = u.columns() == 3 * channels;
        for (int i = 0; i < channels / WIDTH; i++) {
            int one = i * WIDTH;
            var streams = new Streams(u, taps);
            streams.product(one, one + channels, count, product.lines().data(), product.place(block + i, first));
            if (gated) {
                streams.single(one + 2 * channels, count, gate.lines().data(), gate.place(block + i, first));
            }
        }
    }

    /** Columns of streams through the short filter. */
    private record Streams(Matrix u, MemorySegment taps) {
        private FloatVector tap(int which, int column) {
            return FloatVector.fromMemorySegment(LANES, taps, ((long) which * u.columns() + column) * Float.BYTES, ORDER);
        }

        void single(int column, int count, MemorySegment to, long place) {
            var w0 = tap(0, column);
            var w1 = tap(1, column);
            var w2 = tap(2, column);
            var bias = tap(3, column);
            var from = u.data();
            long stride = u.rowBytes();
            long f = (long) column * Float.BYTES;
            long t = place;
            for (int i = 0; i < count; i++, f += stride, t += BYTES) {
                var a = FloatVector.fromMemorySegment(LANES, from, f, ORDER);
                var b = FloatVector.fromMemorySegment(LANES, from, f + stride, ORDER);
                var c = FloatVector.fromMemorySegment(LANES, from, f + 2 * stride, ORDER);
                c.fma(w2, b.fma(w1, a.fma(w0, bias))).intoMemorySegment(to, t, ORDER);
            }
        }

        void product(int one, int other, int count, MemorySegment to, long place) {
            var w0 = tap(0, one);
            var w1 = tap(1, one);
            var w2 = tap(2, one);
            var wb = tap(3, one);
            var x0 = tap(0, other);
            var x1 = tap(1, other);
            var x2 = tap(2, other);
            var xb = tap(3, other);
            var from = u.data();
            long stride = u.rowBytes();
            long f = (long) one * Float.BYTES;
            long g = (long) other * Float.BYTES;
            long t = place;
            for (int i = 0; i < count; i++, f += stride, g += stride, t += BYTES) {
                var a = FloatVector.fromMemorySegment(LANES, from, f, ORDER);
                var b = FloatVector.fromMemorySegment(LANES, from, f + stride, ORDER);
                var c = FloatVector.fromMemorySegment(LANES, from, f + 2 * stride, ORDER);
                var d = FloatVector.fromMemorySegment(LANES, from, g, ORDER);
                var e = FloatVector.fromMemorySegment(LANES, from, g + stride, ORDER);
                var h = FloatVector.fromMemorySegment(LANES, from, g + 2 * stride, ORDER);
                c.fma(w2, b.fma(w1, a.fma(w0, wb)))
                        .mul(h.fma(x2, e.fma(x1, d.fma(x0, xb))))
                        .intoMemorySegment(to, t, ORDER);
            }
        }
    }

    /**
     * Layer norm of rows (see {@link ai.tutti.engine.nn.LayerNorm}), the result as blocks and as rows.
     *
     * @param x f32, {@code [count, columns]}; columns from {@code channels} on are zero
     * @param scale f32, {@code [columns]}, zero from {@code channels} on
     * @param shift likewise
     * @param blocks written from position {@code first}
     * @param rows may be {@code x}
     */
    public static void norm(
            Matrix x,
            MemorySegment scale,
            MemorySegment shift,
            float epsilon,
            int channels,
            int count,
            Blocks blocks,
            int first,
            Matrix rows) {
        var means = new float[count];
        var factors = new float[count];
        for (int row = 0; row < count; row++) {
            long from = row * x.rowBytes();
            float mean = sum(x.data(), from, x.rowBytes()) / channels;
            float squares = squares(x.data(), from, x.rowBytes(), mean) - (x.columns() - channels) * mean * mean;
            means[row] = mean;
            factors[row] = (float) (1 / Math.sqrt(squares / channels + epsilon));
        }
        for (int block = 0; block < x.columns() / WIDTH; block++) {
            norm(x, block, means, factors, scale, shift, blocks.lines().data(), blocks.place(block, first), rows);
        }
    }

    private static float sum(MemorySegment x, long from, long bytes) {
        var sum = FloatVector.zero(LANES);
        for (long f = from; f < from + bytes; f += BYTES) {
            sum = sum.add(FloatVector.fromMemorySegment(LANES, x, f, ORDER));
        }
        return total(sum);
    }

    /** The lanes' sum by halves: {@code reduceLanes} may add in another order once the loop is compiled. */
    static float total(FloatVector lanes) {
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

    private static float squares(MemorySegment x, long from, long bytes, float mean) {
        var sum = FloatVector.zero(LANES);
        for (long f = from; f < from + bytes; f += BYTES) {
            var d = FloatVector.fromMemorySegment(LANES, x, f, ORDER).sub(mean);
            sum = d.fma(d, sum);
        }
        return total(sum);
    }

    private static void norm(
            Matrix x,
            int block,
            float[] means,
            float[] factors,
            MemorySegment scale,
            MemorySegment shift,
            MemorySegment to,
            long place,
            Matrix rows) {
        var a = FloatVector.fromMemorySegment(LANES, scale, block * BYTES, ORDER);
        var b = FloatVector.fromMemorySegment(LANES, shift, block * BYTES, ORDER);
        long f = block * BYTES;
        long t = place;
        for (int row = 0; row < means.length; row++, f += x.rowBytes(), t += BYTES) {
            var value = FloatVector.fromMemorySegment(LANES, x.data(), f, ORDER)
                    .sub(means[row])
                    .mul(factors[row])
                    .fma(a, b);
            value.intoMemorySegment(to, t, ORDER);
            value.intoMemorySegment(rows.data(), f, ORDER);
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

    /**
     * {@code Σ x[i] * weights[i]} over the positions of one block, into {@code to} at {@code place}.
     *
     * @param x f32 or f16
     * @param weights f32, {@code [lags][width]} a block
     */
    public static void dot(Blocks x, int block, MemorySegment weights, int lags, float[] to, int place) {
        var sum = FloatVector.zero(LANES);
        long w = (long) block * lags * BYTES;
        if (x.type() == DType.F32) {
            long f = x.place(block, 0);
            for (int i = 0; i < x.positions(); i++, f += BYTES, w += BYTES) {
                sum = FloatVector.fromMemorySegment(LANES, x.lines().data(), f, ORDER)
                        .fma(FloatVector.fromMemorySegment(LANES, weights, w, ORDER), sum);
            }
        } else {
            var wide = x.wide(block);
            for (int f = 0; f < wide.length; f += LANES.length(), w += BYTES) {
                sum = FloatVector.fromArray(LANES, wide, f)
                        .fma(FloatVector.fromMemorySegment(LANES, weights, w, ORDER), sum);
            }
        }
        sum.intoArray(to, place);
    }
}
