package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Convolutions with filters as long as the text, one filter a channel:
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
 * {@code [positions, width]}. A ring of {@value #LARGEST} rows fits a core's second-level cache; a longer one is taken apart
 * into some of that size, which are done one after another. Within a ring the upper levels run for some columns at a time of
 * the matrix {@code [outer][inner]} of rows, in a buffer that fits the first-level cache, the lower ones row by row; in the
 * middle the lowest levels down, the product with the spectrum and the lowest levels up are one pass. So each half transform
 * crosses the second-level cache once.
 *
 * <p><b>Cost:</b> 8 vector operations for each of N/2 log2 N pairs, down and up, beside 4 N for the product. <b>Error:</b> that of
 * any such transform, about 1e-7 sqrt(log2 N) of the result's root mean square.
 */
public final class LongConvolver {
    private static final int LARGEST = 8192;
    private static final int SMALLEST = 16;
    private static final int LAST = 4;
    /** Floats of the real (or imaginary) half of the columns' buffer. */
    private static final int COLUMNS = 4096;

    private static final Map<Integer, LongConvolver> CONVOLVERS = new ConcurrentHashMap<>();

    private final int size;
    private final int parts;
    private final int outer;
    private final int inner;
    private final int columns;
    private final int pitch;
    private final List<Level> outerLevels;
    private final List<Level> innerLevels;
    private final float[] lastTwiddles;
    /** Powers of each part's constant, {@code [parts][parts]} pairs. */
    private final float[] powers;

    /** Some levels of the tree at once: {@code nodes} nodes of a part become {@code nodes * radix}. */
    private record Level(int radix, int nodes, float[] twiddles) {
        /** Where a node's constants begin. */
        int twiddle(int part, int node) {
            return (part * nodes + node) * (radix == 8 ? 8 : 4);
        }
    }

    /** Working memory for one convolution at a time. */
    static final class Scratch {
        private final float[][] re;
        private final float[][] im;
        private final float[] columnRe = new float[COLUMNS];
        private final float[] columnIm = new float[COLUMNS];
        private final float[] chunk;
        private final float[] sum;
        private final MemorySegment wide;

        Scratch(LongConvolver convolver) {
            re = new float[convolver.parts][convolver.outer * convolver.pitch];
            im = new float[convolver.parts][convolver.outer * convolver.pitch];
            chunk = new float[convolver.inner * RingPasses.WIDTH];
            sum = new float[convolver.size * RingPasses.WIDTH];
            wide = Arena.ofAuto().allocate(2L * convolver.inner * RingPasses.BYTES, 64);
        }
    }

    private LongConvolver(int size) {
        this.size = size;
        parts = Math.max(1, size / LARGEST);
        int log = Integer.numberOfTrailingZeros(size / parts / LAST);
        int fours = (3 - log % 3) % 3; // as few as there can be
        var radices = evenly((log - 2 * fours) / 3, fours);
        outer = product(radices.getFirst());
        inner = product(radices.getLast()) * LAST;
        columns = Math.clamp(COLUMNS / (outer * RingPasses.WIDTH), 1, inner);
        pitch = (inner + 1) * RingPasses.WIDTH; // one row more, lest columns meet in one set of the cache
        outerLevels = levels(radices.getFirst(), 1);
        innerLevels = levels(radices.getLast(), outer);
        lastTwiddles = twiddles(LAST, size / LAST);
        powers = powers();
    }

    /** For texts of at most so many positions: the transform's length is the next power of two. */
    public static LongConvolver of(int positions) {
        int size = Math.max(SMALLEST, Integer.highestOneBit(Math.max(1, positions - 1)) << 1);
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

    private List<Level> levels(List<Integer> radices, int nodes) {
        var levels = new ArrayList<Level>();
        int n = nodes;
        for (int radix : radices) {
            levels.add(new Level(radix, n, twiddles(radix, parts * n)));
            n *= radix;
        }
        return levels;
    }

    /** The roots that a pass over nodes of this depth needs: of each node's constant c^2, then of its first child's, ... */
    private static float[] twiddles(int radix, int nodes) {
        var twiddles = new float[nodes * (radix == 8 ? 8 : 4)];
        int t = 0;
        for (int node = 0; node < nodes; node++) {
            for (double angle : angles(radix, node, nodes)) {
                twiddles[t++] = (float) Math.cos(angle);
                twiddles[t++] = (float) Math.sin(angle);
            }
        }
        return twiddles;
    }

    /** Their angles for one of so many nodes. */
    static double[] angles(int radix, int node, int nodes) {
        double angle = angle(node, nodes);
        return radix == 8
                ? new double[] {angle / 2, angle / 4, angle / 8, angle / 8 + Math.PI / 4}
                : new double[] {angle / 2, angle / 4};
    }

    /** A node's constant is e^(i angle); the root's is i, and c's children are its two square roots. */
    private static double angle(int node, int nodes) {
        double angle = Math.PI / 2;
        for (int bit = nodes >> 1; bit > 0; bit >>= 1) {
            angle = angle / 2 + ((node & bit) != 0 ? Math.PI : 0);
        }
        return angle;
    }

    private float[] powers() {
        var powers = new float[parts * parts * 2];
        for (int part = 0; part < parts; part++) {
            for (int power = 0; power < parts; power++) {
                double angle = angle(part, parts) * power;
                powers[(part * parts + power) * 2] = (float) Math.cos(angle);
                powers[(part * parts + power) * 2 + 1] = (float) Math.sin(angle);
            }
        }
        return powers;
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

    /**
     * The spectrum of one block's filters.
     *
     * @param ahead {@code [count, width]} dense: the filter at lag 0, 1, ...
     * @param behind {@code [count, width]} dense: the filter at lag -1, -2, ...
     * @param count how many lags there are, at most {@link #size}; further ones are zero
     * @param spectra where it is kept
     */
    public void spectrum(Worker worker, float[] ahead, float[] behind, int count, Spectra spectra, int block) {
        var values = new float[2 * size * width()];
        spectrum(worker, ahead, behind, count, values);
        spectra.put(block, values);
    }

    private void spectrum(Worker worker, float[] ahead, float[] behind, int count, float[] spectrum) {
        var scratch = worker.scratch(this);
        int rows = size / parts;
        for (int part = 0; part < parts; part++) {
            for (int n = 0; n < rows; n++) {
                filterRow(scratch, ahead, behind, count, part, n);
            }
            for (int column = 0; column < inner; column += columns) {
                columnsDown(scratch, part, false, column);
            }
            for (int block = 0; block < outer; block++) {
                int at = block * pitch;
                blockDown(scratch, part, block);
                RingPasses.split4(
                        scratch.re[part], scratch.im[part], at, LAST * width(), width(), 0,
                        scratch.re[part], scratch.im[part], at, LAST * width(), width(), 0,
                        lastTwiddles, lastTwiddle(part, block), inner / LAST, 1, 1);
                int row = spectrumRow(part, block);
                RingPasses.spectrum(scratch.re[part], scratch.im[part], at, spectrum, row * width(), inner);
            }
        }
    }

    /** The filter modulo y^rows - c: coefficients that lie rows apart, each times a power of c, summed. */
    private void filterRow(Scratch scratch, float[] ahead, float[] behind, int count, int part, int row) {
        int w = width();
        int rows = size / parts;
        int at = row / inner * pitch + row % inner * w;
        float scale = 1f / size;
        for (int lane = 0; lane < w; lane++) {
            float re = 0;
            float im = 0;
            for (int q = 0; q < parts; q++) {
                int n = q * rows + row;
                int lag = size - n - 1; // of behind; the lag n - N is -i y^n
                float a = n < count ? ahead[n * w + lane] : 0;
                float b = n > 0 && lag < count ? -behind[lag * w + lane] : 0;
                float cos = powers[(part * parts + q) * 2];
                float sin = powers[(part * parts + q) * 2 + 1];
                re += parts == 1 ? a : a * cos - b * sin;
                im += parts == 1 ? b : a * sin + b * cos;
            }
            scratch.re[part][at + lane] = re * scale;
            scratch.im[part][at + lane] = im * scale;
        }
    }

    private int lastTwiddle(int part, int block) {
        return (part * outer + block) * inner; // four floats for each four rows
    }

    private int spectrumRow(int part, int block) {
        return 2 * (part * outer + block) * inner;
    }

    /**
     * Whether all that {@link #mix} reads and writes may be f16 for texts of so many positions. If it is, machine code computes; spectra
     * have to be of integers.
     */
    public boolean takesHalves(Worker worker, int positions) {
        return positions == size && worker.convolves(size);
    }

    /**
     * {@code out = gate * (first over x) + second over h} for one block of channels.
     *
     * <p>x, gate, h and out have as many positions, and are all f32, or f16 where {@link #takesHalves} says so; out may be one of them, but
     * of f16 only h.
     *
     * @param first the spectra of all blocks
     * @param second likewise
     */
    public void mix(
            Worker worker,
            int block,
            Blocks x,
            Blocks gate,
            Blocks h,
            Spectra first,
            Spectra second,
            Blocks out) {
        int count = x.positions();
        if (x.type() == DType.F16) {
            mixAtOnce(worker, block, x, gate, h, first, second, out);
            return;
        }
        var scratch = worker.scratch(this);
        filter(scratch, x, block, first);
        for (int row = 0; row < count; row += inner) {
            int rows = Math.min(inner, count - row);
            var values = values(scratch, row, rows);
            int at = valuesAt(row);
            RingPasses.gate(values, at, gate.lines().data(), gate.place(block, row), scratch.sum, row * width(), rows);
        }
        filter(scratch, h, block, second);
        for (int row = 0; row < count; row += inner) {
            int rows = Math.min(inner, count - row);
            var values = values(scratch, row, rows);
            int at = valuesAt(row);
            RingPasses.store(values, at, scratch.sum, row * width(), out.lines().data(), out.place(block, row), rows);
        }
    }

    /** By machine code, in two calls; while one computes it brings near what the next one reads. */
    private void mixAtOnce(
            Worker worker, int block, Blocks x, Blocks gate, Blocks h, Spectra first, Spectra second, Blocks out) {
        if (first.type() != DType.I16 || second.type() != DType.I16) {
            throw new IllegalArgumentException("blocks of f16 go with spectra of integers, not of %s".formatted(first.type()));
        }
        long from = x.address(block, 0);
        long gates = gate.address(block, 0);
        long to = out.address(block, 0);
        worker.convolve(
                new ConvolutionCode.Shape(size, false),
                h.address(block, 0), to, 0, second.address(block), from, gates);
        worker.convolve(
                new ConvolutionCode.Shape(size, true),
                from, to, gates, first.address(block), h.address(block + 1, 0), 0);
    }

    /** Where some rows of a filter's result lie, from {@link #valuesAt} on. */
    private float[] values(Scratch scratch, int row, int rows) {
        if (parts == 1) {
            return scratch.re[0];
        }
        int part = size / parts;
        int at = row % part / inner * pitch;
        RingPasses.unmix(scratch.re, scratch.im, at, powers, row / part, scratch.chunk, rows);
        return scratch.chunk;
    }

    private int valuesAt(int row) {
        return parts == 1 ? row / inner * pitch : 0;
    }

    private void filter(Scratch scratch, Blocks x, int block, Spectra spectra) {
        for (int part = 0; part < parts; part++) {
            for (int row = 0; row < size / parts; row += inner) {
                load(scratch, x, block, part, row);
            }
            for (int column = 0; column < inner; column += columns) {
                columnsDown(scratch, part, parts == 1, column);
            }
            for (int i = 0; i < outer; i++) {
                blockDown(scratch, part, i);
                turn(scratch, part, i, spectra, block);
                blockUp(scratch, part, i);
            }
            for (int column = 0; column < inner; column += columns) {
                columnsUp(scratch, part, column);
            }
        }
    }

    /** Rows of the text modulo a part's ring. */
    private void load(Scratch scratch, Blocks x, int block, int part, int row) {
        int w = width();
        int at = row / inner * pitch;
        if (parts == 1) {
            int rows = Math.clamp(x.positions() - row, 0, inner);
            RingPasses.load(x.lines().data(), x.place(block, row), scratch.re[0], at, rows);
            Arrays.fill(scratch.re[0], at + rows * w, at + inner * w, 0f);
            return;
        }
        Arrays.fill(scratch.re[part], at, at + inner * w, 0f);
        Arrays.fill(scratch.im[part], at, at + inner * w, 0f);
        for (int q = 0; q < parts; q++) {
            int from = q * (size / parts) + row;
            int rows = Math.clamp(x.positions() - from, 0, inner);
            RingPasses.load(x.lines().data(), x.place(block, from), scratch.chunk, 0, rows);
            int power = (part * parts + q) * 2;
            RingPasses.addTimes(
                    scratch.chunk, powers[power], powers[power + 1], scratch.re[part], scratch.im[part], at, rows);
        }
    }

    private void turn(Scratch s, int part, int i, Spectra spectra, int block) {
        int at = i * pitch;
        int t = lastTwiddle(part, i);
        int row = spectrumRow(part, i);
        var from = spectra.data();
        long place = block * spectra.blockBytes() + (long) row * RingPasses.BYTES;
        if (spectra.type() == DType.I16) {
            spectra.widen(block, row, 2 * inner, s.wide);
            from = s.wide;
            place = 0;
        }
        RingPasses.turn4(s.re[part], s.im[part], at, from, place, lastTwiddles, t, inner / LAST);
    }

    /**
     * The upper levels of some columns, in place.
     *
     * @param real whether what goes in has no imaginary part, which is so in the tree's root alone
     */
    private void columnsDown(Scratch s, int part, boolean real, int column) {
        int w = width();
        int at = column * w;
        for (int l = 0; l < outerLevels.size(); l++) {
            var level = outerLevels.get(l);
            boolean first = l == 0;
            boolean last = l == outerLevels.size() - 1;
            var fromRe = first ? s.re[part] : s.columnRe;
            var fromIm = first ? s.im[part] : s.columnIm;
            var toRe = last ? s.re[part] : s.columnRe;
            var toIm = last ? s.im[part] : s.columnIm;
            int from = first ? at : 0;
            int to = last ? at : 0;
            int fromRow = first ? pitch : columns * w;
            int toRow = last ? pitch : columns * w;
            int count = outer / (level.nodes() * level.radix());
            int t = level.twiddle(part, 0);
            int node = level.radix() * count;
            if (first && real && level.radix() == 8) {
                RingPasses.splitReal8(
                        fromRe, from, count * fromRow, fromRow, toRe, toIm, to, count * toRow, toRow,
                        level.twiddles(), count, columns);
            } else if (first && real) {
                RingPasses.splitReal4(
                        fromRe, from, count * fromRow, fromRow, toRe, toIm, to, count * toRow, toRow,
                        level.twiddles(), count, columns);
            } else if (level.radix() == 8) {
                RingPasses.split8(
                        fromRe, fromIm, from, node * fromRow, count * fromRow, fromRow,
                        toRe, toIm, to, node * toRow, count * toRow, toRow,
                        level.twiddles(), t, level.nodes(), count, columns);
            } else {
                RingPasses.split4(
                        fromRe, fromIm, from, node * fromRow, count * fromRow, fromRow,
                        toRe, toIm, to, node * toRow, count * toRow, toRow,
                        level.twiddles(), t, level.nodes(), count, columns);
            }
        }
    }

    /** Undoes {@link #columnsDown}. */
    private void columnsUp(Scratch s, int part, int column) {
        int w = width();
        int at = column * w;
        for (int l = outerLevels.size() - 1; l >= 0; l--) {
            var level = outerLevels.get(l);
            boolean first = l == outerLevels.size() - 1;
            boolean last = l == 0;
            var fromRe = first ? s.re[part] : s.columnRe;
            var fromIm = first ? s.im[part] : s.columnIm;
            var toRe = last ? s.re[part] : s.columnRe;
            var toIm = last ? s.im[part] : s.columnIm;
            int from = first ? at : 0;
            int to = last ? at : 0;
            int fromRow = first ? pitch : columns * w;
            int toRow = last ? pitch : columns * w;
            int count = outer / (level.nodes() * level.radix());
            int t = level.twiddle(part, 0);
            int node = level.radix() * count;
            if (level.radix() == 8) {
                RingPasses.join8(
                        fromRe, fromIm, from, node * fromRow, count * fromRow, fromRow,
                        toRe, toIm, to, node * toRow, count * toRow, toRow,
                        level.twiddles(), t, level.nodes(), count, columns);
            } else {
                RingPasses.join4(
                        fromRe, fromIm, from, node * fromRow, count * fromRow, fromRow,
                        toRe, toIm, to, node * toRow, count * toRow, toRow,
                        level.twiddles(), t, level.nodes(), count, columns);
            }
        }
    }

    private void blockDown(Scratch s, int part, int block) {
        int at = block * pitch;
        for (var level : innerLevels) {
            int nodes = level.nodes() / outer;
            int count = inner / (nodes * level.radix());
            int t = level.twiddle(part, block * nodes);
            int step = count * width();
            int node = level.radix() * step;
            if (level.radix() == 8) {
                RingPasses.split8(
                        s.re[part], s.im[part], at, node, step, 0, s.re[part], s.im[part], at, node, step, 0,
                        level.twiddles(), t, nodes, 1, count);
            } else {
                RingPasses.split4(
                        s.re[part], s.im[part], at, node, step, 0, s.re[part], s.im[part], at, node, step, 0,
                        level.twiddles(), t, nodes, 1, count);
            }
        }
    }

    private void blockUp(Scratch s, int part, int block) {
        int at = block * pitch;
        for (var level : innerLevels.reversed()) {
            int nodes = level.nodes() / outer;
            int count = inner / (nodes * level.radix());
            int t = level.twiddle(part, block * nodes);
            int step = count * width();
            int node = level.radix() * step;
            if (level.radix() == 8) {
                RingPasses.join8(
                        s.re[part], s.im[part], at, node, step, 0, s.re[part], s.im[part], at, node, step, 0,
                        level.twiddles(), t, nodes, 1, count);
            } else {
                RingPasses.join4(
                        s.re[part], s.im[part], at, node, step, 0, s.re[part], s.im[part], at, node, step, 0,
                        level.twiddles(), t, nodes, 1, count);
            }
        }
    }
}
