package ai.tutti.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector loops of {@link LongConvolver}: some levels of the tree down or up for many nodes, a channel in each lane.
 *
 * <p>A pass works on {@code nodes} nodes; each holds {@code count} butterflies of 4 or 8 complex numbers. Numbers are read from
 * {@code from + node * fromNode + k * fromNext + j * fromStep} and written likewise; all in floats. Real and imaginary parts lie
 * in arrays of their own.
 *
 * <p>Everything is written out, without helper methods: the compiler inlines the Vector API's own methods whatever a method's
 * size, but stops inlining ours after some dozens, and a vector that crosses a call is an object on the heap. For the same
 * reason no pass is larger than eight complex numbers.
 */
final class RingPasses {
    static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    /** Channels side by side. */
    static final int WIDTH = LANES.length();
    /** Bytes of one vector. */
    static final int BYTES = WIDTH * Float.BYTES;

    static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private RingPasses() {}

    /** Copies rows. */
    static void load(MemorySegment from, long offset, float[] to, int at, int rows) {
        long f = offset;
        for (int t = at; t < at + rows * WIDTH; t += WIDTH, f += BYTES) {
            FloatVector.fromMemorySegment(LANES, from, f, ORDER).intoArray(to, t);
        }
    }

    /** {@code re += cos * values}, {@code im += sin * values}. */
    static void addTimes(float[] values, float cos, float sin, float[] re, float[] im, int at, int rows) {
        for (int v = 0, t = at; v < rows * WIDTH; v += WIDTH, t += WIDTH) {
            var x = FloatVector.fromArray(LANES, values, v);
            x.mul(cos).add(FloatVector.fromArray(LANES, re, t)).intoArray(re, t);
            x.mul(sin).add(FloatVector.fromArray(LANES, im, t)).intoArray(im, t);
        }
    }

    /**
     * The real part of a result out of its parts, each times a power of its constant's inverse.
     *
     * @param powers cosines and sines, {@code [parts][parts]} pairs
     */
    static void unmix(float[][] re, float[][] im, int at, float[] powers, int power, float[] to, int rows) {
        int parts = re.length;
        for (int part = 0; part < parts; part++) {
            float cos = powers[(part * parts + power) * 2];
            float sin = powers[(part * parts + power) * 2 + 1];
            var partRe = re[part];
            var partIm = im[part];
            for (int t = 0, f = at; t < rows * WIDTH; t += WIDTH, f += WIDTH) {
                var value = FloatVector.fromArray(LANES, partRe, f)
                        .mul(cos)
                        .add(FloatVector.fromArray(LANES, partIm, f).mul(sin));
                (part == 0 ? value : value.add(FloatVector.fromArray(LANES, to, t))).intoArray(to, t);
            }
        }
    }

    /** {@code sum = values * gate}. */
    static void gate(float[] values, int at, MemorySegment gate, long offset, float[] sum, int sumAt, int rows) {
        long g = offset;
        int s = sumAt;
        for (int v = at; v < at + rows * WIDTH; v += WIDTH, s += WIDTH, g += BYTES) {
            FloatVector.fromArray(LANES, values, v)
                    .mul(FloatVector.fromMemorySegment(LANES, gate, g, ORDER))
                    .intoArray(sum, s);
        }
    }

    /** {@code to = values + sum}. */
    static void store(float[] values, int at, float[] sum, int sumAt, MemorySegment to, long offset, int rows) {
        long t = offset;
        int s = sumAt;
        for (int v = at; v < at + rows * WIDTH; v += WIDTH, s += WIDTH, t += BYTES) {
            FloatVector.fromArray(LANES, values, v)
                    .add(FloatVector.fromArray(LANES, sum, s))
                    .intoMemorySegment(to, t, ORDER);
        }
    }

    /** Complex numbers out of two arrays, a real row and an imaginary row in turn. */
    static void spectrum(float[] re, float[] im, int from, float[] to, int at, int rows) {
        for (int f = from, t = at; f < from + rows * WIDTH; f += WIDTH, t += 2 * WIDTH) {
            FloatVector.fromArray(LANES, re, f).intoArray(to, t);
            FloatVector.fromArray(LANES, im, f).intoArray(to, t + WIDTH);
        }
    }

    /** Three levels down: a node of eight strands becomes eight nodes. */
    static void split8(
            float[] fromRe,
            float[] fromIm,
            int from,
            int fromNode,
            int fromStep,
            int fromNext,
            float[] toRe,
            float[] toIm,
            int to,
            int toNode,
            int toStep,
            int toNext,
            float[] twiddles,
            int twiddle,
            int nodes,
            int count,
            int columns) {
        int t = twiddle;
        for (int node = 0; node < nodes; node++, t += 8) {
            var w1r = FloatVector.broadcast(LANES, twiddles[t]);
            var w1i = FloatVector.broadcast(LANES, twiddles[t + 1]);
            var v1r = w1r.neg();
            var v1i = w1i.neg();
            var w2r = FloatVector.broadcast(LANES, twiddles[t + 2]);
            var w2i = FloatVector.broadcast(LANES, twiddles[t + 3]);
            var v2r = w2r.neg();
            var v2i = w2i.neg();
            var w3r = FloatVector.broadcast(LANES, twiddles[t + 4]);
            var w3i = FloatVector.broadcast(LANES, twiddles[t + 5]);
            var v3r = w3r.neg();
            var v3i = w3i.neg();
            var w4r = FloatVector.broadcast(LANES, twiddles[t + 6]);
            var w4i = FloatVector.broadcast(LANES, twiddles[t + 7]);
            var v4r = w4r.neg();
            var v4i = w4i.neg();
            int rowFrom = from + node * fromNode;
            int rowTo = to + node * toNode;
            for (int k = 0; k < count; k++, rowFrom += fromNext, rowTo += toNext) {
                for (int f = rowFrom, g = rowTo; f < rowFrom + columns * WIDTH; f += WIDTH, g += WIDTH) {
                    var x0r = FloatVector.fromArray(LANES, fromRe, f);
                    var x0i = FloatVector.fromArray(LANES, fromIm, f);
                    var x4r = FloatVector.fromArray(LANES, fromRe, f + 4 * fromStep);
                    var x4i = FloatVector.fromArray(LANES, fromIm, f + 4 * fromStep);
                    var a0r = x4r.fma(w1r, x4i.fma(v1i, x0r));
                    var a0i = x4r.fma(w1i, x4i.fma(w1r, x0i));
                    var a4r = x4r.fma(v1r, x4i.fma(w1i, x0r));
                    var a4i = x4r.fma(v1i, x4i.fma(v1r, x0i));
                    var x2r = FloatVector.fromArray(LANES, fromRe, f + 2 * fromStep);
                    var x2i = FloatVector.fromArray(LANES, fromIm, f + 2 * fromStep);
                    var x6r = FloatVector.fromArray(LANES, fromRe, f + 6 * fromStep);
                    var x6i = FloatVector.fromArray(LANES, fromIm, f + 6 * fromStep);
                    var a2r = x6r.fma(w1r, x6i.fma(v1i, x2r));
                    var a2i = x6r.fma(w1i, x6i.fma(w1r, x2i));
                    var a6r = x6r.fma(v1r, x6i.fma(w1i, x2r));
                    var a6i = x6r.fma(v1i, x6i.fma(v1r, x2i));
                    var b0r = a2r.fma(w2r, a2i.fma(v2i, a0r));
                    var b0i = a2r.fma(w2i, a2i.fma(w2r, a0i));
                    var b2r = a2r.fma(v2r, a2i.fma(w2i, a0r));
                    var b2i = a2r.fma(v2i, a2i.fma(v2r, a0i));
                    var b4r = a6r.fma(v2i, a6i.fma(v2r, a4r));
                    var b4i = a6r.fma(w2r, a6i.fma(v2i, a4i));
                    var b6r = a6r.fma(w2i, a6i.fma(w2r, a4r));
                    var b6i = a6r.fma(v2r, a6i.fma(w2i, a4i));
                    var x1r = FloatVector.fromArray(LANES, fromRe, f + fromStep);
                    var x1i = FloatVector.fromArray(LANES, fromIm, f + fromStep);
                    var x5r = FloatVector.fromArray(LANES, fromRe, f + 5 * fromStep);
                    var x5i = FloatVector.fromArray(LANES, fromIm, f + 5 * fromStep);
                    var a1r = x5r.fma(w1r, x5i.fma(v1i, x1r));
                    var a1i = x5r.fma(w1i, x5i.fma(w1r, x1i));
                    var a5r = x5r.fma(v1r, x5i.fma(w1i, x1r));
                    var a5i = x5r.fma(v1i, x5i.fma(v1r, x1i));
                    var x3r = FloatVector.fromArray(LANES, fromRe, f + 3 * fromStep);
                    var x3i = FloatVector.fromArray(LANES, fromIm, f + 3 * fromStep);
                    var x7r = FloatVector.fromArray(LANES, fromRe, f + 7 * fromStep);
                    var x7i = FloatVector.fromArray(LANES, fromIm, f + 7 * fromStep);
                    var a3r = x7r.fma(w1r, x7i.fma(v1i, x3r));
                    var a3i = x7r.fma(w1i, x7i.fma(w1r, x3i));
                    var a7r = x7r.fma(v1r, x7i.fma(w1i, x3r));
                    var a7i = x7r.fma(v1i, x7i.fma(v1r, x3i));
                    var b1r = a3r.fma(w2r, a3i.fma(v2i, a1r));
                    var b1i = a3r.fma(w2i, a3i.fma(w2r, a1i));
                    var b3r = a3r.fma(v2r, a3i.fma(w2i, a1r));
                    var b3i = a3r.fma(v2i, a3i.fma(v2r, a1i));
                    var b5r = a7r.fma(v2i, a7i.fma(v2r, a5r));
                    var b5i = a7r.fma(w2r, a7i.fma(v2i, a5i));
                    var b7r = a7r.fma(w2i, a7i.fma(w2r, a5r));
                    var b7i = a7r.fma(v2r, a7i.fma(w2i, a5i));
                    var y0r = b1r.fma(w3r, b1i.fma(v3i, b0r));
                    var y0i = b1r.fma(w3i, b1i.fma(w3r, b0i));
                    var y1r = b1r.fma(v3r, b1i.fma(w3i, b0r));
                    var y1i = b1r.fma(v3i, b1i.fma(v3r, b0i));
                    y0r.intoArray(toRe, g);
                    y0i.intoArray(toIm, g);
                    y1r.intoArray(toRe, g + toStep);
                    y1i.intoArray(toIm, g + toStep);
                    var y2r = b3r.fma(v3i, b3i.fma(v3r, b2r));
                    var y2i = b3r.fma(w3r, b3i.fma(v3i, b2i));
                    var y3r = b3r.fma(w3i, b3i.fma(w3r, b2r));
                    var y3i = b3r.fma(v3r, b3i.fma(w3i, b2i));
                    y2r.intoArray(toRe, g + 2 * toStep);
                    y2i.intoArray(toIm, g + 2 * toStep);
                    y3r.intoArray(toRe, g + 3 * toStep);
                    y3i.intoArray(toIm, g + 3 * toStep);
                    var y4r = b5r.fma(w4r, b5i.fma(v4i, b4r));
                    var y4i = b5r.fma(w4i, b5i.fma(w4r, b4i));
                    var y5r = b5r.fma(v4r, b5i.fma(w4i, b4r));
                    var y5i = b5r.fma(v4i, b5i.fma(v4r, b4i));
                    y4r.intoArray(toRe, g + 4 * toStep);
                    y4i.intoArray(toIm, g + 4 * toStep);
                    y5r.intoArray(toRe, g + 5 * toStep);
                    y5i.intoArray(toIm, g + 5 * toStep);
                    var y6r = b7r.fma(v4i, b7i.fma(v4r, b6r));
                    var y6i = b7r.fma(w4r, b7i.fma(v4i, b6i));
                    var y7r = b7r.fma(w4i, b7i.fma(w4r, b6r));
                    var y7i = b7r.fma(v4r, b7i.fma(w4i, b6i));
                    y6r.intoArray(toRe, g + 6 * toStep);
                    y6i.intoArray(toIm, g + 6 * toStep);
                    y7r.intoArray(toRe, g + 7 * toStep);
                    y7i.intoArray(toIm, g + 7 * toStep);
                }
            }
        }
    }

    /** Two levels down: a node of four strands becomes four nodes. */
    static void split4(
            float[] fromRe,
            float[] fromIm,
            int from,
            int fromNode,
            int fromStep,
            int fromNext,
            float[] toRe,
            float[] toIm,
            int to,
            int toNode,
            int toStep,
            int toNext,
            float[] twiddles,
            int twiddle,
            int nodes,
            int count,
            int columns) {
        int t = twiddle;
        for (int node = 0; node < nodes; node++, t += 4) {
            var w1r = FloatVector.broadcast(LANES, twiddles[t]);
            var w1i = FloatVector.broadcast(LANES, twiddles[t + 1]);
            var v1r = w1r.neg();
            var v1i = w1i.neg();
            var w2r = FloatVector.broadcast(LANES, twiddles[t + 2]);
            var w2i = FloatVector.broadcast(LANES, twiddles[t + 3]);
            var v2r = w2r.neg();
            var v2i = w2i.neg();
            int rowFrom = from + node * fromNode;
            int rowTo = to + node * toNode;
            for (int k = 0; k < count; k++, rowFrom += fromNext, rowTo += toNext) {
                for (int f = rowFrom, g = rowTo; f < rowFrom + columns * WIDTH; f += WIDTH, g += WIDTH) {
                    var x0r = FloatVector.fromArray(LANES, fromRe, f);
                    var x0i = FloatVector.fromArray(LANES, fromIm, f);
                    var x1r = FloatVector.fromArray(LANES, fromRe, f + fromStep);
                    var x1i = FloatVector.fromArray(LANES, fromIm, f + fromStep);
                    var x2r = FloatVector.fromArray(LANES, fromRe, f + 2 * fromStep);
                    var x2i = FloatVector.fromArray(LANES, fromIm, f + 2 * fromStep);
                    var x3r = FloatVector.fromArray(LANES, fromRe, f + 3 * fromStep);
                    var x3i = FloatVector.fromArray(LANES, fromIm, f + 3 * fromStep);
                    var a0r = x2r.fma(w1r, x2i.fma(v1i, x0r));
                    var a0i = x2r.fma(w1i, x2i.fma(w1r, x0i));
                    var a2r = x2r.fma(v1r, x2i.fma(w1i, x0r));
                    var a2i = x2r.fma(v1i, x2i.fma(v1r, x0i));
                    var a1r = x3r.fma(w1r, x3i.fma(v1i, x1r));
                    var a1i = x3r.fma(w1i, x3i.fma(w1r, x1i));
                    var a3r = x3r.fma(v1r, x3i.fma(w1i, x1r));
                    var a3i = x3r.fma(v1i, x3i.fma(v1r, x1i));
                    var y0r = a1r.fma(w2r, a1i.fma(v2i, a0r));
                    var y0i = a1r.fma(w2i, a1i.fma(w2r, a0i));
                    var y1r = a1r.fma(v2r, a1i.fma(w2i, a0r));
                    var y1i = a1r.fma(v2i, a1i.fma(v2r, a0i));
                    y0r.intoArray(toRe, g);
                    y0i.intoArray(toIm, g);
                    y1r.intoArray(toRe, g + toStep);
                    y1i.intoArray(toIm, g + toStep);
                    var y2r = a3r.fma(v2i, a3i.fma(v2r, a2r));
                    var y2i = a3r.fma(w2r, a3i.fma(v2i, a2i));
                    var y3r = a3r.fma(w2i, a3i.fma(w2r, a2r));
                    var y3i = a3r.fma(v2r, a3i.fma(w2i, a2i));
                    y2r.intoArray(toRe, g + 2 * toStep);
                    y2i.intoArray(toIm, g + 2 * toStep);
                    y3r.intoArray(toRe, g + 3 * toStep);
                    y3i.intoArray(toIm, g + 3 * toStep);
                }
            }
        }
    }

    /** {@link #split8} of the root, whose numbers are real. */
    static void splitReal8(
            float[] from,
            int fromStart,
            int fromStep,
            int fromNext,
            float[] toRe,
            float[] toIm,
            int to,
            int toStep,
            int toNext,
            float[] twiddles,
            int count,
            int columns) {
        var w1r = FloatVector.broadcast(LANES, twiddles[0]);
        var w1i = FloatVector.broadcast(LANES, twiddles[1]);
        var v1r = w1r.neg();
        var v1i = w1i.neg();
        var w2r = FloatVector.broadcast(LANES, twiddles[2]);
        var w2i = FloatVector.broadcast(LANES, twiddles[3]);
        var v2r = w2r.neg();
        var v2i = w2i.neg();
        var w3r = FloatVector.broadcast(LANES, twiddles[4]);
        var w3i = FloatVector.broadcast(LANES, twiddles[5]);
        var v3r = w3r.neg();
        var v3i = w3i.neg();
        var w4r = FloatVector.broadcast(LANES, twiddles[6]);
        var w4i = FloatVector.broadcast(LANES, twiddles[7]);
        var v4r = w4r.neg();
        var v4i = w4i.neg();
        int rowFrom = fromStart;
        int rowTo = to;
        for (int k = 0; k < count; k++, rowFrom += fromNext, rowTo += toNext) {
            for (int f = rowFrom, g = rowTo; f < rowFrom + columns * WIDTH; f += WIDTH, g += WIDTH) {
                var x0 = FloatVector.fromArray(LANES, from, f);
                var x4 = FloatVector.fromArray(LANES, from, f + 4 * fromStep);
                var a0r = x4.fma(w1r, x0);
                var a0i = x4.mul(w1i);
                var a4r = x4.fma(v1r, x0);
                var a4i = x4.mul(v1i);
                var x2 = FloatVector.fromArray(LANES, from, f + 2 * fromStep);
                var x6 = FloatVector.fromArray(LANES, from, f + 6 * fromStep);
                var a2r = x6.fma(w1r, x2);
                var a2i = x6.mul(w1i);
                var a6r = x6.fma(v1r, x2);
                var a6i = x6.mul(v1i);
                var b0r = a2r.fma(w2r, a2i.fma(v2i, a0r));
                var b0i = a2r.fma(w2i, a2i.fma(w2r, a0i));
                var b2r = a2r.fma(v2r, a2i.fma(w2i, a0r));
                var b2i = a2r.fma(v2i, a2i.fma(v2r, a0i));
                var b4r = a6r.fma(v2i, a6i.fma(v2r, a4r));
                var b4i = a6r.fma(w2r, a6i.fma(v2i, a4i));
                var b6r = a6r.fma(w2i, a6i.fma(w2r, a4r));
                var b6i = a6r.fma(v2r, a6i.fma(w2i, a4i));
                var x1 = FloatVector.fromArray(LANES, from, f + fromStep);
                var x5 = FloatVector.fromArray(LANES, from, f + 5 * fromStep);
                var a1r = x5.fma(w1r, x1);
                var a1i = x5.mul(w1i);
                var a5r = x5.fma(v1r, x1);
                var a5i = x5.mul(v1i);
                var x3 = FloatVector.fromArray(LANES, from, f + 3 * fromStep);
                var x7 = FloatVector.fromArray(LANES, from, f + 7 * fromStep);
                var a3r = x7.fma(w1r, x3);
                var a3i = x7.mul(w1i);
                var a7r = x7.fma(v1r, x3);
                var a7i = x7.mul(v1i);
                var b1r = a3r.fma(w2r, a3i.fma(v2i, a1r));
                var b1i = a3r.fma(w2i, a3i.fma(w2r, a1i));
                var b3r = a3r.fma(v2r, a3i.fma(w2i, a1r));
                var b3i = a3r.fma(v2i, a3i.fma(v2r, a1i));
                var b5r = a7r.fma(v2i, a7i.fma(v2r, a5r));
                var b5i = a7r.fma(w2r, a7i.fma(v2i, a5i));
                var b7r = a7r.fma(w2i, a7i.fma(w2r, a5r));
                var b7i = a7r.fma(v2r, a7i.fma(w2i, a5i));
                var y0r = b1r.fma(w3r, b1i.fma(v3i, b0r));
                var y0i = b1r.fma(w3i, b1i.fma(w3r, b0i));
                var y1r = b1r.fma(v3r, b1i.fma(w3i, b0r));
                var y1i = b1r.fma(v3i, b1i.fma(v3r, b0i));
                y0r.intoArray(toRe, g);
                y0i.intoArray(toIm, g);
                y1r.intoArray(toRe, g + toStep);
                y1i.intoArray(toIm, g + toStep);
                var y2r = b3r.fma(v3i, b3i.fma(v3r, b2r));
                var y2i = b3r.fma(w3r, b3i.fma(v3i, b2i));
                var y3r = b3r.fma(w3i, b3i.fma(w3r, b2r));
                var y3i = b3r.fma(v3r, b3i.fma(w3i, b2i));
                y2r.intoArray(toRe, g + 2 * toStep);
                y2i.intoArray(toIm, g + 2 * toStep);
                y3r.intoArray(toRe, g + 3 * toStep);
                y3i.intoArray(toIm, g + 3 * toStep);
                var y4r = b5r.fma(w4r, b5i.fma(v4i, b4r));
                var y4i = b5r.fma(w4i, b5i.fma(w4r, b4i));
                var y5r = b5r.fma(v4r, b5i.fma(w4i, b4r));
                var y5i = b5r.fma(v4i, b5i.fma(v4r, b4i));
                y4r.intoArray(toRe, g + 4 * toStep);
                y4i.intoArray(toIm, g + 4 * toStep);
                y5r.intoArray(toRe, g + 5 * toStep);
                y5i.intoArray(toIm, g + 5 * toStep);
                var y6r = b7r.fma(v4i, b7i.fma(v4r, b6r));
                var y6i = b7r.fma(w4r, b7i.fma(v4i, b6i));
                var y7r = b7r.fma(w4i, b7i.fma(w4r, b6r));
                var y7i = b7r.fma(v4r, b7i.fma(w4i, b6i));
                y6r.intoArray(toRe, g + 6 * toStep);
                y6i.intoArray(toIm, g + 6 * toStep);
                y7r.intoArray(toRe, g + 7 * toStep);
                y7i.intoArray(toIm, g + 7 * toStep);
            }
        }
    }

    /** {@link #split4} of the root, whose numbers are real. */
    static void splitReal4(
            float[] from,
            int fromStart,
            int fromStep,
            int fromNext,
            float[] toRe,
            float[] toIm,
            int to,
            int toStep,
            int toNext,
            float[] twiddles,
            int count,
            int columns) {
        var w1r = FloatVector.broadcast(LANES, twiddles[0]);
        var w1i = FloatVector.broadcast(LANES, twiddles[1]);
        var v1r = w1r.neg();
        var v1i = w1i.neg();
        var w2r = FloatVector.broadcast(LANES, twiddles[2]);
        var w2i = FloatVector.broadcast(LANES, twiddles[3]);
        var v2r = w2r.neg();
        var v2i = w2i.neg();
        int rowFrom = fromStart;
        int rowTo = to;
        for (int k = 0; k < count; k++, rowFrom += fromNext, rowTo += toNext) {
            for (int f = rowFrom, g = rowTo; f < rowFrom + columns * WIDTH; f += WIDTH, g += WIDTH) {
                var x0 = FloatVector.fromArray(LANES, from, f);
                var x1 = FloatVector.fromArray(LANES, from, f + fromStep);
                var x2 = FloatVector.fromArray(LANES, from, f + 2 * fromStep);
                var x3 = FloatVector.fromArray(LANES, from, f + 3 * fromStep);
                var a0r = x2.fma(w1r, x0);
                var a0i = x2.mul(w1i);
                var a2r = x2.fma(v1r, x0);
                var a2i = x2.mul(v1i);
                var a1r = x3.fma(w1r, x1);
                var a1i = x3.mul(w1i);
                var a3r = x3.fma(v1r, x1);
                var a3i = x3.mul(v1i);
                var y0r = a1r.fma(w2r, a1i.fma(v2i, a0r));
                var y0i = a1r.fma(w2i, a1i.fma(w2r, a0i));
                var y1r = a1r.fma(v2r, a1i.fma(w2i, a0r));
                var y1i = a1r.fma(v2i, a1i.fma(v2r, a0i));
                y0r.intoArray(toRe, g);
                y0i.intoArray(toIm, g);
                y1r.intoArray(toRe, g + toStep);
                y1i.intoArray(toIm, g + toStep);
                var y2r = a3r.fma(v2i, a3i.fma(v2r, a2r));
                var y2i = a3r.fma(w2r, a3i.fma(v2i, a2i));
                var y3r = a3r.fma(w2i, a3i.fma(w2r, a2r));
                var y3i = a3r.fma(v2r, a3i.fma(w2i, a2i));
                y2r.intoArray(toRe, g + 2 * toStep);
                y2i.intoArray(toIm, g + 2 * toStep);
                y3r.intoArray(toRe, g + 3 * toStep);
                y3i.intoArray(toIm, g + 3 * toStep);
            }
        }
    }

    /** Three levels up: undoes {@link #split8}, times eight. */
    static void join8(
            float[] fromRe,
            float[] fromIm,
            int from,
            int fromNode,
            int fromStep,
            int fromNext,
            float[] toRe,
            float[] toIm,
            int to,
            int toNode,
            int toStep,
            int toNext,
            float[] twiddles,
            int twiddle,
            int nodes,
            int count,
            int columns) {
        int t = twiddle;
        for (int node = 0; node < nodes; node++, t += 8) {
            var w1r = FloatVector.broadcast(LANES, twiddles[t]);
            var w1i = FloatVector.broadcast(LANES, twiddles[t + 1]);
            var v1i = w1i.neg();
            var w2r = FloatVector.broadcast(LANES, twiddles[t + 2]);
            var w2i = FloatVector.broadcast(LANES, twiddles[t + 3]);
            var v2r = w2r.neg();
            var v2i = w2i.neg();
            var w3r = FloatVector.broadcast(LANES, twiddles[t + 4]);
            var w3i = FloatVector.broadcast(LANES, twiddles[t + 5]);
            var v3r = w3r.neg();
            var v3i = w3i.neg();
            var w4r = FloatVector.broadcast(LANES, twiddles[t + 6]);
            var w4i = FloatVector.broadcast(LANES, twiddles[t + 7]);
            var v4r = w4r.neg();
            var v4i = w4i.neg();
            int rowFrom = from + node * fromNode;
            int rowTo = to + node * toNode;
            for (int k = 0; k < count; k++, rowFrom += fromNext, rowTo += toNext) {
                for (int f = rowFrom, g = rowTo; f < rowFrom + columns * WIDTH; f += WIDTH, g += WIDTH) {
                    var y0r = FloatVector.fromArray(LANES, fromRe, f);
                    var y0i = FloatVector.fromArray(LANES, fromIm, f);
                    var y1r = FloatVector.fromArray(LANES, fromRe, f + fromStep);
                    var y1i = FloatVector.fromArray(LANES, fromIm, f + fromStep);
                    var b0r = y0r.add(y1r);
                    var b0i = y0i.add(y1i);
                    var d0r = y0r.sub(y1r);
                    var d0i = y0i.sub(y1i);
                    var b1r = d0r.fma(w3r, d0i.mul(w3i));
                    var b1i = d0i.fma(w3r, d0r.mul(v3i));
                    var y2r = FloatVector.fromArray(LANES, fromRe, f + 2 * fromStep);
                    var y2i = FloatVector.fromArray(LANES, fromIm, f + 2 * fromStep);
                    var y3r = FloatVector.fromArray(LANES, fromRe, f + 3 * fromStep);
                    var y3i = FloatVector.fromArray(LANES, fromIm, f + 3 * fromStep);
                    var b2r = y2r.add(y3r);
                    var b2i = y2i.add(y3i);
                    var d2r = y2r.sub(y3r);
                    var d2i = y2i.sub(y3i);
                    var b3r = d2i.fma(w3r, d2r.mul(v3i));
                    var b3i = d2r.fma(v3r, d2i.mul(v3i));
                    var y4r = FloatVector.fromArray(LANES, fromRe, f + 4 * fromStep);
                    var y4i = FloatVector.fromArray(LANES, fromIm, f + 4 * fromStep);
                    var y5r = FloatVector.fromArray(LANES, fromRe, f + 5 * fromStep);
                    var y5i = FloatVector.fromArray(LANES, fromIm, f + 5 * fromStep);
                    var b4r = y4r.add(y5r);
                    var b4i = y4i.add(y5i);
                    var d4r = y4r.sub(y5r);
                    var d4i = y4i.sub(y5i);
                    var b5r = d4r.fma(w4r, d4i.mul(w4i));
                    var b5i = d4i.fma(w4r, d4r.mul(v4i));
                    var y6r = FloatVector.fromArray(LANES, fromRe, f + 6 * fromStep);
                    var y6i = FloatVector.fromArray(LANES, fromIm, f + 6 * fromStep);
                    var y7r = FloatVector.fromArray(LANES, fromRe, f + 7 * fromStep);
                    var y7i = FloatVector.fromArray(LANES, fromIm, f + 7 * fromStep);
                    var b6r = y6r.add(y7r);
                    var b6i = y6i.add(y7i);
                    var d6r = y6r.sub(y7r);
                    var d6i = y6i.sub(y7i);
                    var b7r = d6i.fma(w4r, d6r.mul(v4i));
                    var b7i = d6r.fma(v4r, d6i.mul(v4i));
                    var a0r = b0r.add(b2r);
                    var a0i = b0i.add(b2i);
                    var e0r = b0r.sub(b2r);
                    var e0i = b0i.sub(b2i);
                    var a2r = e0r.fma(w2r, e0i.mul(w2i));
                    var a2i = e0i.fma(w2r, e0r.mul(v2i));
                    var a1r = b1r.add(b3r);
                    var a1i = b1i.add(b3i);
                    var e1r = b1r.sub(b3r);
                    var e1i = b1i.sub(b3i);
                    var a3r = e1r.fma(w2r, e1i.mul(w2i));
                    var a3i = e1i.fma(w2r, e1r.mul(v2i));
                    var a4r = b4r.add(b6r);
                    var a4i = b4i.add(b6i);
                    var e4r = b4r.sub(b6r);
                    var e4i = b4i.sub(b6i);
                    var a6r = e4i.fma(w2r, e4r.mul(v2i));
                    var a6i = e4r.fma(v2r, e4i.mul(v2i));
                    var a5r = b5r.add(b7r);
                    var a5i = b5i.add(b7i);
                    var e5r = b5r.sub(b7r);
                    var e5i = b5i.sub(b7i);
                    var a7r = e5i.fma(w2r, e5r.mul(v2i));
                    var a7i = e5r.fma(v2r, e5i.mul(v2i));
                    var x0r = a0r.add(a4r);
                    var x0i = a0i.add(a4i);
                    var g0r = a0r.sub(a4r);
                    var g0i = a0i.sub(a4i);
                    var x4r = g0r.fma(w1r, g0i.mul(w1i));
                    var x4i = g0i.fma(w1r, g0r.mul(v1i));
                    x0r.intoArray(toRe, g);
                    x0i.intoArray(toIm, g);
                    x4r.intoArray(toRe, g + 4 * toStep);
                    x4i.intoArray(toIm, g + 4 * toStep);
                    var x1r = a1r.add(a5r);
                    var x1i = a1i.add(a5i);
                    var g1r = a1r.sub(a5r);
                    var g1i = a1i.sub(a5i);
                    var x5r = g1r.fma(w1r, g1i.mul(w1i));
                    var x5i = g1i.fma(w1r, g1r.mul(v1i));
                    x1r.intoArray(toRe, g + toStep);
                    x1i.intoArray(toIm, g + toStep);
                    x5r.intoArray(toRe, g + 5 * toStep);
                    x5i.intoArray(toIm, g + 5 * toStep);
                    var x2r = a2r.add(a6r);
                    var x2i = a2i.add(a6i);
                    var g2r = a2r.sub(a6r);
                    var g2i = a2i.sub(a6i);
                    var x6r = g2r.fma(w1r, g2i.mul(w1i));
                    var x6i = g2i.fma(w1r, g2r.mul(v1i));
                    x2r.intoArray(toRe, g + 2 * toStep);
                    x2i.intoArray(toIm, g + 2 * toStep);
                    x6r.intoArray(toRe, g + 6 * toStep);
                    x6i.intoArray(toIm, g + 6 * toStep);
                    var x3r = a3r.add(a7r);
                    var x3i = a3i.add(a7i);
                    var g3r = a3r.sub(a7r);
                    var g3i = a3i.sub(a7i);
                    var x7r = g3r.fma(w1r, g3i.mul(w1i));
                    var x7i = g3i.fma(w1r, g3r.mul(v1i));
                    x3r.intoArray(toRe, g + 3 * toStep);
                    x3i.intoArray(toIm, g + 3 * toStep);
                    x7r.intoArray(toRe, g + 7 * toStep);
                    x7i.intoArray(toIm, g + 7 * toStep);
                }
            }
        }
    }

    /** Two levels up: undoes {@link #split4}, times four. */
    static void join4(
            float[] fromRe,
            float[] fromIm,
            int from,
            int fromNode,
            int fromStep,
            int fromNext,
            float[] toRe,
            float[] toIm,
            int to,
            int toNode,
            int toStep,
            int toNext,
            float[] twiddles,
            int twiddle,
            int nodes,
            int count,
            int columns) {
        int t = twiddle;
        for (int node = 0; node < nodes; node++, t += 4) {
            var w1r = FloatVector.broadcast(LANES, twiddles[t]);
            var w1i = FloatVector.broadcast(LANES, twiddles[t + 1]);
            var v1i = w1i.neg();
            var w2r = FloatVector.broadcast(LANES, twiddles[t + 2]);
            var w2i = FloatVector.broadcast(LANES, twiddles[t + 3]);
            var v2r = w2r.neg();
            var v2i = w2i.neg();
            int rowFrom = from + node * fromNode;
            int rowTo = to + node * toNode;
            for (int k = 0; k < count; k++, rowFrom += fromNext, rowTo += toNext) {
                for (int f = rowFrom, g = rowTo; f < rowFrom + columns * WIDTH; f += WIDTH, g += WIDTH) {
                    var y0r = FloatVector.fromArray(LANES, fromRe, f);
                    var y0i = FloatVector.fromArray(LANES, fromIm, f);
                    var y1r = FloatVector.fromArray(LANES, fromRe, f + fromStep);
                    var y1i = FloatVector.fromArray(LANES, fromIm, f + fromStep);
                    var a0r = y0r.add(y1r);
                    var a0i = y0i.add(y1i);
                    var d0r = y0r.sub(y1r);
                    var d0i = y0i.sub(y1i);
                    var a1r = d0r.fma(w2r, d0i.mul(w2i));
                    var a1i = d0i.fma(w2r, d0r.mul(v2i));
                    var y2r = FloatVector.fromArray(LANES, fromRe, f + 2 * fromStep);
                    var y2i = FloatVector.fromArray(LANES, fromIm, f + 2 * fromStep);
                    var y3r = FloatVector.fromArray(LANES, fromRe, f + 3 * fromStep);
                    var y3i = FloatVector.fromArray(LANES, fromIm, f + 3 * fromStep);
                    var a2r = y2r.add(y3r);
                    var a2i = y2i.add(y3i);
                    var d2r = y2r.sub(y3r);
                    var d2i = y2i.sub(y3i);
                    var a3r = d2i.fma(w2r, d2r.mul(v2i));
                    var a3i = d2r.fma(v2r, d2i.mul(v2i));
                    var x0r = a0r.add(a2r);
                    var x0i = a0i.add(a2i);
                    var e0r = a0r.sub(a2r);
                    var e0i = a0i.sub(a2i);
                    var x2r = e0r.fma(w1r, e0i.mul(w1i));
                    var x2i = e0i.fma(w1r, e0r.mul(v1i));
                    x0r.intoArray(toRe, g);
                    x0i.intoArray(toIm, g);
                    x2r.intoArray(toRe, g + 2 * toStep);
                    x2i.intoArray(toIm, g + 2 * toStep);
                    var x1r = a1r.add(a3r);
                    var x1i = a1i.add(a3i);
                    var e1r = a1r.sub(a3r);
                    var e1i = a1i.sub(a3i);
                    var x3r = e1r.fma(w1r, e1i.mul(w1i));
                    var x3i = e1i.fma(w1r, e1r.mul(v1i));
                    x1r.intoArray(toRe, g + toStep);
                    x1i.intoArray(toIm, g + toStep);
                    x3r.intoArray(toRe, g + 3 * toStep);
                    x3i.intoArray(toIm, g + 3 * toStep);
                }
            }
        }
    }

    /** The last two levels down, the product with the filter's spectrum, and two levels up again, in registers. */
    static void turn4(
            float[] re, float[] im, int at, MemorySegment spectrum, long offset, float[] twiddles, int twiddle, int nodes) {
        int f = at;
        int t = twiddle;
        long s = offset;
        for (int node = 0; node < nodes; node++, t += 4, f += 4 * WIDTH, s += 8L * BYTES) {
            var w1r = FloatVector.broadcast(LANES, twiddles[t]);
            var w1i = FloatVector.broadcast(LANES, twiddles[t + 1]);
            var v1r = w1r.neg();
            var v1i = w1i.neg();
            var w2r = FloatVector.broadcast(LANES, twiddles[t + 2]);
            var w2i = FloatVector.broadcast(LANES, twiddles[t + 3]);
            var v2r = w2r.neg();
            var v2i = w2i.neg();
            var x0r = FloatVector.fromArray(LANES, re, f);
            var x0i = FloatVector.fromArray(LANES, im, f);
            var x1r = FloatVector.fromArray(LANES, re, f + WIDTH);
            var x1i = FloatVector.fromArray(LANES, im, f + WIDTH);
            var x2r = FloatVector.fromArray(LANES, re, f + 2 * WIDTH);
            var x2i = FloatVector.fromArray(LANES, im, f + 2 * WIDTH);
            var x3r = FloatVector.fromArray(LANES, re, f + 3 * WIDTH);
            var x3i = FloatVector.fromArray(LANES, im, f + 3 * WIDTH);
            var a0r = x2r.fma(w1r, x2i.fma(v1i, x0r));
            var a0i = x2r.fma(w1i, x2i.fma(w1r, x0i));
            var a2r = x2r.fma(v1r, x2i.fma(w1i, x0r));
            var a2i = x2r.fma(v1i, x2i.fma(v1r, x0i));
            var a1r = x3r.fma(w1r, x3i.fma(v1i, x1r));
            var a1i = x3r.fma(w1i, x3i.fma(w1r, x1i));
            var a3r = x3r.fma(v1r, x3i.fma(w1i, x1r));
            var a3i = x3r.fma(v1i, x3i.fma(v1r, x1i));
            var y0r = a1r.fma(w2r, a1i.fma(v2i, a0r));
            var y0i = a1r.fma(w2i, a1i.fma(w2r, a0i));
            var y1r = a1r.fma(v2r, a1i.fma(w2i, a0r));
            var y1i = a1r.fma(v2i, a1i.fma(v2r, a0i));
            var y2r = a3r.fma(v2i, a3i.fma(v2r, a2r));
            var y2i = a3r.fma(w2r, a3i.fma(v2i, a2i));
            var y3r = a3r.fma(w2i, a3i.fma(w2r, a2r));
            var y3i = a3r.fma(v2r, a3i.fma(w2i, a2i));
            var k0r = FloatVector.fromMemorySegment(LANES, spectrum, s, ORDER);
            var k0i = FloatVector.fromMemorySegment(LANES, spectrum, s + 1L * BYTES, ORDER);
            var z0r = y0r.mul(k0r).sub(y0i.mul(k0i));
            var z0i = y0r.fma(k0i, y0i.mul(k0r));
            var k1r = FloatVector.fromMemorySegment(LANES, spectrum, s + 2L * BYTES, ORDER);
            var k1i = FloatVector.fromMemorySegment(LANES, spectrum, s + 3L * BYTES, ORDER);
            var z1r = y1r.mul(k1r).sub(y1i.mul(k1i));
            var z1i = y1r.fma(k1i, y1i.mul(k1r));
            var k2r = FloatVector.fromMemorySegment(LANES, spectrum, s + 4L * BYTES, ORDER);
            var k2i = FloatVector.fromMemorySegment(LANES, spectrum, s + 5L * BYTES, ORDER);
            var z2r = y2r.mul(k2r).sub(y2i.mul(k2i));
            var z2i = y2r.fma(k2i, y2i.mul(k2r));
            var k3r = FloatVector.fromMemorySegment(LANES, spectrum, s + 6L * BYTES, ORDER);
            var k3i = FloatVector.fromMemorySegment(LANES, spectrum, s + 7L * BYTES, ORDER);
            var z3r = y3r.mul(k3r).sub(y3i.mul(k3i));
            var z3i = y3r.fma(k3i, y3i.mul(k3r));
            var c0r = z0r.add(z1r);
            var c0i = z0i.add(z1i);
            var d0r = z0r.sub(z1r);
            var d0i = z0i.sub(z1i);
            var c1r = d0r.fma(w2r, d0i.mul(w2i));
            var c1i = d0i.fma(w2r, d0r.mul(v2i));
            var c2r = z2r.add(z3r);
            var c2i = z2i.add(z3i);
            var d2r = z2r.sub(z3r);
            var d2i = z2i.sub(z3i);
            var c3r = d2i.fma(w2r, d2r.mul(v2i));
            var c3i = d2r.fma(v2r, d2i.mul(v2i));
            var o0r = c0r.add(c2r);
            var o0i = c0i.add(c2i);
            var e0r = c0r.sub(c2r);
            var e0i = c0i.sub(c2i);
            var o2r = e0r.fma(w1r, e0i.mul(w1i));
            var o2i = e0i.fma(w1r, e0r.mul(v1i));
            var o1r = c1r.add(c3r);
            var o1i = c1i.add(c3i);
            var e1r = c1r.sub(c3r);
            var e1i = c1i.sub(c3i);
            var o3r = e1r.fma(w1r, e1i.mul(w1i));
            var o3i = e1i.fma(w1r, e1r.mul(v1i));
            o0r.intoArray(re, f);
            o0i.intoArray(im, f);
            o1r.intoArray(re, f + WIDTH);
            o1i.intoArray(im, f + WIDTH);
            o2r.intoArray(re, f + 2 * WIDTH);
            o2i.intoArray(im, f + 2 * WIDTH);
            o3r.intoArray(re, f + 3 * WIDTH);
            o3i.intoArray(im, f + 3 * WIDTH);
        }
    }
}
