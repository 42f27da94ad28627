package ai.tutti.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Convolutions with filters as long as the text, one filter a channel, in f32:
 * {@code out[t] = Σ ahead[t - s] x[s] (s <= t) + Σ behind[s - t - 1] x[s] (s > t)}.
 *
 * <p><b>The ring.</b> A text of at most N positions and its filter are multiplied as polynomials in x modulo x^2N + 1, long
 * enough that nothing that wraps round reaches the first N results; a lag of -j is -x^(2N-j). With y = x and i for x^N that ring
 * is C[y] / (y^N - i): the text, whose upper half is padding, becomes a real polynomial of N coefficients, and the wanted half
 * of the result is its real part. So one complex transform of length N stands for a real one of length 2N: the zeros of the
 * padding and the half of the result that nobody wants cost nothing, and no two channels need to be told apart again
 * afterwards, as they would when packed into one complex transform.
 *
 * <p><b>The tree.</b> y^n - c² = (y^(n/2) - c)(y^(n/2) + c): what remains of a polynomial a + b y^(n/2) modulo both factors is
 * a + c b and a - c b. Followed down to n = 1 this is the transform, in place, its results in the tree's own order, and the way
 * back up undoes it; the filter's spectrum lies in the same order, so nothing is ever put into another. A node has one constant
 * c whatever its size, so constants are few and the twist that a ring with y^N - i needs is in them already. (The same tree over
 * other rings: D. J. Bernstein, Multidigit multiplication for mathematicians, 2001, section 3; G. Seiler, 2018, eprint 2018/039.)
 *
 * <p><b>The cache.</b> Lanes are channels: a row is one position of {@link #width} channels, and a block of them is one
 * {@code [positions, width]}. The upper levels run for every column of the matrix {@code [outer][inner]} of rows in a buffer
 * that fits the first-level cache, the lower ones row by row; in the middle the lowest levels down, the product with the spectrum
 * and the lowest levels up are one pass. So each half transform crosses the second-level cache once.
 *
 * <p><b>Cost:</b> 8 vector operations for each of N/2 log2 N pairs, down and up, beside 4 N for the product. <b>Error:</b> that of
 * any such transform, about 1e-7 sqrt(log2 N) of the result's root mean square.
 */
public final class LongConvolver {
    private static final int LAST = 4;
    private static final int FEWEST = 16;
    private static final Map<Integer, LongConvolver> CONVOLVERS = new ConcurrentHashMap<>();

    private final int size;
    private final int outer;
    private final int inner;
    private final int pitch;
    private final List<Level> outerLevels;
    private final List<Level> innerLevels;
    private final float[] lastTwiddles;

    /** Some levels of the tree at once: {@code nodes} nodes, in the whole tree, become {@code nodes * radix}. */
    private record Level(int radix, int nodes, float[] twiddles) {
        int floatsPerNode() {
            return radix == 8 ? 8 : 4;
        }
    }

    /** Working memory for one convolution at a time. */
    static final class Scratch {
        private final float[] re;
        private final float[] im;
        private final float[] columnRe;
        private final float[] columnIm;

        Scratch(LongConvolver convolver) {
            re = new float[convolver.outer * convolver.pitch];
            im = new float[convolver.outer * convolver.pitch];
            columnRe = new float[convolver.outer * RingPasses.WIDTH];
            columnIm = new float[convolver.outer * RingPasses.WIDTH];
        }
    }

    /**
     * Rows of one block of channels in native memory, one behind another; from row {@code cut} on they lie in {@code rest},
     * at the same places.
     *
     * @param data rows up to {@code cut}
     * @param rest rows from {@code cut}
     * @param offset bytes to row 0, in both
     * @param cut the first row that is read from {@code rest}
     * @param count how many rows there are; those behind are zero
     */
    public record Input(MemorySegment data, MemorySegment rest, long offset, int cut, int count) {
        public Input(MemorySegment data, long offset, int count) {
            this(data, data, offset, count, count);
        }
    }

    private LongConvolver(int size) {
        this.size = size;
        int log = Integer.numberOfTrailingZeros(size / LAST);
        int fours = (3 - log % 3) % 3; // as few as there can be
        var radices = evenly((log - 2 * fours) / 3, fours);
        outer = product(radices.getFirst());
        inner = product(radices.getLast()) * LAST;
        pitch = (inner + 1) * RingPasses.WIDTH; // one row more, lest columns meet in one set of the cache
        outerLevels = levels(radices.getFirst(), 1);
        innerLevels = levels(radices.getLast(), outer);
        lastTwiddles = twiddles(LAST, size / LAST);
    }

    /** For texts of at most so many positions: the transform's length is the next power of two. */
    public static LongConvolver of(int positions) {
        int size = Math.max(FEWEST, Integer.highestOneBit(Math.max(1, positions - 1)) << 1);
        return CONVOLVERS.computeIfAbsent(size, LongConvolver::new);
    }

    /** Shares radices of 8 and 4 out between the upper and the lower levels, so that the larger half is as small as can be. */
    private static List<List<Integer>> evenly(int eights, int fours) {
        List<List<Integer>> best = List.of();
        int least = Integer.MAX_VALUE;
        for (int e = 0; e <= eights; e++) {
            for (int f = 0; f <= fours; f++) {
                var upper = radices(eights - e, fours - f);
                var lower = radices(e, f);
                int larger = Math.max(product(upper), product(lower) * LAST);
                if (larger < least && !upper.isEmpty()) {
                    least = larger;
                    best = List.of(upper, lower);
                }
            }
        }
        return best;
    }

    private static List<Integer> radices(int eights, int fours) {
        var radices = new ArrayList<>(Collections.nCopies(eights, 8));
        radices.addAll(Collections.nCopies(fours, LAST));
        return radices;
    }

    private static int product(List<Integer> radices) {
        return radices.stream().reduce(1, (a, b) -> a * b);
    }

    private static List<Level> levels(List<Integer> radices, int nodes) {
        var levels = new ArrayList<Level>();
        int n = nodes;
        for (int radix : radices) {
            levels.add(new Level(radix, n, twiddles(radix, n)));
            n *= radix;
        }
        return levels;
    }

    /** The roots that a pass over nodes of this depth needs: of each node's constant c^2, then of its first child's, ... */
    private static float[] twiddles(int radix, int nodes) {
        int perNode = radix == 8 ? 4 : 2;
        var twiddles = new float[nodes * perNode * 2];
        int t = 0;
        for (int node = 0; node < nodes; node++) {
            double angle = angle(node, nodes);
            double[] angles = {angle / 2, angle / 4, angle / 8, angle / 8 + Math.PI / 4};
            for (int k = 0; k < perNode; k++) {
                twiddles[t++] = (float) Math.cos(angles[k]);
                twiddles[t++] = (float) Math.sin(angles[k]);
            }
        }
        return twiddles;
    }

    /** A node's constant is e^(i angle); the root's is i, and c's children are its two square roots. */
    private static double angle(int node, int nodes) {
        double angle = Math.PI / 2;
        for (int bit = nodes >> 1; bit > 0; bit >>= 1) {
            angle = angle / 2 + ((node & bit) != 0 ? Math.PI : 0);
        }
        return angle;
    }

    /** Channels side by side in a block. */
    public static int width() {
        return RingPasses.WIDTH;
    }

    /** How many blocks so many channels make; the last one may be filled up with idle lanes. */
    public static int blocks(int channels) {
        return (channels + RingPasses.WIDTH - 1) / RingPasses.WIDTH;
    }

    /** The transform's length. */
    public int size() {
        return size;
    }

    /** Bytes of the spectrum of one block's filters. */
    public long spectrumBytes() {
        return 2L * size * RingPasses.BYTES;
    }

    /**
     * The spectrum of one block's filters.
     *
     * @param ahead {@code [count, width]} dense: the filter at lag 0, 1, ...
     * @param behind {@code [count, width]} dense: the filter at lag -1, -2, ...
     * @param count how many lags there are, at most {@link #size}; further ones are zero
     * @param spectrum where it is written, at {@code offset}
     */
    public void spectrum(Worker worker, float[] ahead, float[] behind, int count, MemorySegment spectrum, long offset) {
        int w = RingPasses.WIDTH;
        var scratch = worker.scratch(this);
        float scale = 1f / size;
        for (int n = 0; n < size; n++) {
            int lag = size - n - 1; // of behind; y^n is the lag n - N, and -y^n i its power
            int at = n / inner * pitch + n % inner * w;
            for (int lane = 0; lane < w; lane++) {
                scratch.re[at + lane] = n < count ? ahead[n * w + lane] * scale : 0;
                scratch.im[at + lane] = n > 0 && lag < count ? -behind[lag * w + lane] * scale : 0;
            }
        }
        for (int r = 0; r < inner; r++) {
            columnDown(scratch, false, r);
        }
        for (int block = 0; block < outer; block++) {
            int at = block * pitch;
            blockDown(scratch, block);
            RingPasses.split4(
                    scratch.re, scratch.im, at, LAST * w, w, w,
                    scratch.re, scratch.im, at, LAST * w, w, w,
                    lastTwiddles, block * inner, inner / LAST, 1);
            RingPasses.interleave(
                    scratch.re, scratch.im, at, spectrum, offset + 2L * block * inner * RingPasses.BYTES, inner);
        }
    }

    /**
     * {@code out = gate * (filter over in)}, all in blocks.
     *
     * @param out the block's rows begin at {@code in}'s offset; may be what {@code in} is read from
     */
    public void gated(Worker worker, Input in, MemorySegment spectrum, long offset, Input gate, MemorySegment out) {
        var scratch = worker.scratch(this);
        filter(scratch, in, spectrum, offset);
        for (int block = 0; block < outer; block++) {
            int at = block * pitch;
            int first = block * inner;
            long place = in.offset() + (long) first * RingPasses.BYTES;
            int own = Math.clamp(gate.cut() - first, 0, inner);
            int all = Math.clamp(in.count() - first, 0, inner);
            RingPasses.storeGated(scratch.re, at, gate.data(), out, place, own);
            RingPasses.storeGated(
                    scratch.re,
                    at + own * RingPasses.WIDTH,
                    gate.rest(),
                    out,
                    place + (long) own * RingPasses.BYTES,
                    all - own);
        }
    }

    /** {@code out += filter over in}. */
    public void added(Worker worker, Input in, MemorySegment spectrum, long offset, MemorySegment out) {
        var scratch = worker.scratch(this);
        filter(scratch, in, spectrum, offset);
        for (int block = 0; block < outer; block++) {
            int first = block * inner;
            long place = in.offset() + (long) first * RingPasses.BYTES;
            RingPasses.storeAdded(
                    scratch.re, block * pitch, out, place, Math.clamp(in.count() - first, 0, inner));
        }
    }

    private void filter(Scratch scratch, Input in, MemorySegment spectrum, long offset) {
        for (int block = 0; block < outer; block++) {
            int at = block * pitch;
            int first = block * inner;
            long place = in.offset() + (long) first * RingPasses.BYTES;
            int own = Math.clamp(in.cut() - first, 0, inner);
            int all = Math.clamp(in.count() - first, 0, inner);
            RingPasses.load(in.data(), place, scratch.re, at, own);
            RingPasses.load(
                    in.rest(), place + (long) own * RingPasses.BYTES, scratch.re, at + own * RingPasses.WIDTH, all - own);
            Arrays.fill(scratch.re, at + all * RingPasses.WIDTH, at + inner * RingPasses.WIDTH, 0f);
        }
        for (int r = 0; r < inner; r++) {
            columnDown(scratch, true, r);
        }
        for (int block = 0; block < outer; block++) {
            blockDown(scratch, block);
            RingPasses.turn4(
                    scratch.re,
                    scratch.im,
                    block * pitch,
                    spectrum,
                    offset + 2L * block * inner * RingPasses.BYTES,
                    lastTwiddles,
                    block * inner,
                    inner / LAST);
            blockUp(scratch, block);
        }
        for (int r = 0; r < inner; r++) {
            columnUp(scratch, r);
        }
    }

    /**
     * The upper levels of one column: rows {@code pitch} apart, in place.
     *
     * @param real whether what goes in has no imaginary part
     */
    private void columnDown(Scratch s, boolean real, int column) {
        int w = RingPasses.WIDTH;
        int at = column * w;
        var fromRe = s.re;
        var fromIm = s.im;
        for (int l = 0; l < outerLevels.size(); l++) {
            var level = outerLevels.get(l);
            int rows = outer / (level.nodes() * level.radix());
            boolean first = l == 0;
            boolean last = l == outerLevels.size() - 1;
            var toRe = last ? s.re : s.columnRe;
            var toIm = last ? s.im : s.columnIm;
            int to = last ? at : 0;
            int toRow = last ? pitch : w;
            if (first && real) {
                splitReal(level, rows, s.re, at, pitch, toRe, toIm, to, toRow);
            } else {
                split(level, 0, level.nodes(), rows, fromRe, fromIm, first ? at : 0, first ? pitch : w, toRe, toIm, to, toRow);
            }
            fromRe = s.columnRe;
            fromIm = s.columnIm;
        }
    }

    /** Undoes {@link #columnDown}; of the result only the real part lands in its place. */
    private void columnUp(Scratch s, int column) {
        int w = RingPasses.WIDTH;
        int at = column * w;
        for (int l = outerLevels.size() - 1; l >= 0; l--) {
            var level = outerLevels.get(l);
            int rows = outer / (level.nodes() * level.radix());
            boolean first = l == outerLevels.size() - 1;
            boolean last = l == 0;
            join(
                    level, 0, level.nodes(), rows,
                    first ? s.re : s.columnRe, first ? s.im : s.columnIm, first ? at : 0, first ? pitch : w,
                    last ? s.re : s.columnRe, last ? s.im : s.columnIm, last ? at : 0, last ? pitch : w);
        }
    }

    private void blockDown(Scratch s, int block) {
        int w = RingPasses.WIDTH;
        for (var level : innerLevels) {
            int nodes = level.nodes() / outer;
            int count = inner / (nodes * level.radix());
            split(level, block * nodes, nodes, count, s.re, s.im, block * pitch, w, s.re, s.im, block * pitch, w);
        }
    }

    private void blockUp(Scratch s, int block) {
        int w = RingPasses.WIDTH;
        for (int l = innerLevels.size() - 1; l >= 0; l--) {
            var level = innerLevels.get(l);
            int nodes = level.nodes() / outer;
            int count = inner / (nodes * level.radix());
            join(level, block * nodes, nodes, count, s.re, s.im, block * pitch, w, s.re, s.im, block * pitch, w);
        }
    }

    /** Down one level; {@code fromRow} and {@code toRow} are the floats from one row to the next. */
    private static void split(
            Level level, int first, int nodes, int count,
            float[] fromRe, float[] fromIm, int from, int fromRow,
            float[] toRe, float[] toIm, int to, int toRow) {
        int t = first * level.floatsPerNode();
        int node = level.radix() * count;
        if (level.radix() == 8) {
            RingPasses.split8(
                    fromRe, fromIm, from, node * fromRow, count * fromRow, fromRow,
                    toRe, toIm, to, node * toRow, count * toRow, toRow, level.twiddles(), t, nodes, count);
        } else {
            RingPasses.split4(
                    fromRe, fromIm, from, node * fromRow, count * fromRow, fromRow,
                    toRe, toIm, to, node * toRow, count * toRow, toRow, level.twiddles(), t, nodes, count);
        }
    }

    /** Down from the root. */
    private static void splitReal(
            Level level, int count, float[] from, int start, int fromRow,
            float[] toRe, float[] toIm, int to, int toRow) {
        if (level.radix() == 8) {
            RingPasses.splitReal8(
                    from, start, count * fromRow, fromRow, toRe, toIm, to, count * toRow, toRow, level.twiddles(), count);
        } else {
            RingPasses.splitReal4(
                    from, start, count * fromRow, fromRow, toRe, toIm, to, count * toRow, toRow, level.twiddles(), count);
        }
    }

    /** Up one level. */
    private static void join(
            Level level, int first, int nodes, int count,
            float[] fromRe, float[] fromIm, int from, int fromRow,
            float[] toRe, float[] toIm, int to, int toRow) {
        int t = first * level.floatsPerNode();
        int node = level.radix() * count;
        if (level.radix() == 8) {
            RingPasses.join8(
                    fromRe, fromIm, from, node * fromRow, count * fromRow, fromRow,
                    toRe, toIm, to, node * toRow, count * toRow, toRow, level.twiddles(), t, nodes, count);
        } else {
            RingPasses.join4(
                    fromRe, fromIm, from, node * fromRow, count * fromRow, fromRow,
                    toRe, toIm, to, node * toRow, count * toRow, toRow, level.twiddles(), t, nodes, count);
        }
    }
}
