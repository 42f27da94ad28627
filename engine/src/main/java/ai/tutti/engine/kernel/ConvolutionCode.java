package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Machine code for one long convolution of a block of 16 channels, in the ring and along the tree of {@link LongConvolver}, for
 * texts exactly as long as the transform.
 *
 * <p><b>Passes.</b> Rows are {@code [OUTER][inner]}, a row of complex numbers two lines. The upper six levels are two passes of
 * radix 8 over some columns, from the text itself to a buffer in the first cache and from there to the rows; the lower levels,
 * the product with the spectrum and the lower levels back up run for one block of {@code inner} rows after another; the upper
 * levels back up end with what becomes of the result. A block's rows are a line pair longer than they need to be, lest a
 * column's rows meet in one set of the cache.
 *
 * <p><b>Six operations a pair.</b> {@code a ± w b} with {@code w = c (1 + i t)} is {@code u = re b - t im b}, {@code v = im b + t re b}
 * and four sums {@code re a ± c u}, {@code im a ± c v}: every one a fused multiplication and addition (Linzer and Feig, Implementation
 * of efficient FFT algorithms on fused multiply-add architectures, 1993). No root here has c = 0, and where t is large, c is
 * small: each term is rounded relative to itself, so nothing is lost. Times i, u and v change places.
 *
 * <p><b>Halves.</b> What comes out of one layer's filters and goes into another's must pass a cache that is slow beside all this. All
 * that is read and written is therefore f16; between the two, numbers are f32. A gated convolution adds to what is there. The other one
 * runs before it, and its result may take its text's place.
 *
 * <p>A channel's scale, with which its spectrum's integers stand for numbers, is multiplied in before the gate.
 */
final class ConvolutionCode {
    /** Lines of the tree's upper six levels: two passes of radix 8. */
    private static final int OUTER = 64;

    private static final int LAST = 4;
    /** Rows of a ring that fits the second cache beside all that is read meanwhile; a longer one is four or eight. */
    private static final int LARGEST = 4096;

    private static final int LONGEST = 32_768;

    /** Columns that go through the upper levels together. */
    private static final int COLUMNS = 4;

    private static final int LINE = 64;
    private static final int PAIR = 2 * LINE;

    /** A line of f16. */
    private static final int HALF = LINE / 2;

    /** How far ahead lines are asked for that are read once: the caches foresee none behind a page's end. */
    private static final int FACTORS_AHEAD = 32;

    private static final int RESULTS_AHEAD = 16;

    // Where the arguments lie.
    private static final int X = 0;
    private static final int OUT = 8;
    private static final int GATE = 16;
    private static final int SPECTRUM = 24;
    private static final int ROWS = 32;
    private static final int BUFFER = 40;
    private static final int ROOTS = 48;
    private static final int AHEAD = 56;
    private static final int AHEAD_TOO = 64;
    /** Where the part under way has its roots, rows and factors, and how many parts are left: the code's own. */
    private static final int PART_ROOTS = 72;
    private static final int PART_ROWS = 80;
    private static final int PART_FACTORS = 88;
    private static final int PARTS_LEFT = 96;

    private static final Reg ARGUMENTS = Reg.RDI;
    private static final Reg ROOT = Reg.RSI;
    private static final Reg FROM = Reg.RAX;
    private static final Reg TO = Reg.RCX;
    private static final Reg COLUMN = Reg.RDX;
    private static final Reg BLOCK = Reg.R8;
    private static final Reg NUMBERS = Reg.R9;
    private static final Reg FACTORS = Reg.R10;
    private static final Reg COUNT = Reg.R11;
    private static final Reg INNER = Reg.RBX;
    private static final Reg TIMES = Reg.R12;
    private static final Reg NEXT = Reg.R13;
    private static final Reg NEXT_TOO = Reg.R14;

    private static final Reg[] LEVEL_ROOTS = {Reg.R15, Reg.RBP, Reg.RAX};
    private static final Zmm SCALE = zmm(23);

    /** Sizes there is code for. */
    static boolean supports(int size) {
        return size >= 1024 && size <= LONGEST;
    }

    /**
     * What the code is made for.
     *
     * @param size the transform's length
     * @param gated whether the result is added to what is there, times a gate; otherwise it is written
     */
    record Shape(int size, boolean gated) {}

    private final Assembler a = new Assembler();
    private final Butterflies butterflies = new Butterflies(a);
    private final int parts;
    private final int size; // of a part
    private final int inner;
    private final int pitch;
    private final boolean gated;
    private final List<Integer> lower;

    private ConvolutionCode(Shape shape) {
        parts = parts(shape.size());
        size = shape.size() / parts;
        gated = shape.gated();
        inner = size / OUTER;
        pitch = pitch(size);
        lower = lower(size);
    }

    /** The roots of all levels' nodes, as the code reads them: those of each part, and last those that part it. */
    static MemorySegment roots(int size, Arena owner) {
        int parts = parts(size);
        int bytes = rootsBefore(size / parts, lower(size / parts).size() + 1);
        var roots = owner.allocate((long) parts * bytes + Butterflies.rootBytes(8), LINE);
        long at = 0;
        for (int part = 0; part < parts; part++) {
            int nodes = 1;
            for (int radix : radices(size / parts)) {
                for (int node = 0; node < nodes; node++) {
                    at = put(roots, at, LongConvolver.angles(radix, part * nodes + node, parts * nodes));
                }
                nodes *= radix;
            }
        }
        if (parts > 1) {
            put(roots, at, LongConvolver.angles(parts, 0, 1));
        }
        return roots;
    }

    private static long put(MemorySegment roots, long place, double[] angles) {
        long at = place;
        for (double angle : angles) {
            roots.setAtIndex(ValueLayout.JAVA_FLOAT, at++, (float) Math.cos(angle));
            roots.setAtIndex(ValueLayout.JAVA_FLOAT, at++, (float) Math.tan(angle));
        }
        return at;
    }

    /** Of all levels. */
    private static List<Integer> radices(int size) {
        var radices = new ArrayList<>(List.of(8, 8));
        radices.addAll(lower(size));
        radices.add(LAST);
        return radices;
    }

    static byte[] of(Shape shape) {
        var code = new ConvolutionCode(shape);
        code.write();
        return code.a.bytes();
    }

    private static int parts(int size) {
        return size <= LARGEST ? 1 : Math.max(4, size / LARGEST);
    }

    private static int pitch(int size) {
        return (size / OUTER + 1) * PAIR;
    }

    /** Bytes of the rows' room. */
    static int rowBytes(int size) {
        return parts(size) * partBytes(size / parts(size));
    }

    private static int partBytes(int size) {
        return OUTER * pitch(size);
    }

    /** Bytes of the buffer. */
    static int bufferBytes() {
        return OUTER * COLUMNS * PAIR;
    }

    /** Radices of the lower levels but the last. */
    private static List<Integer> lower(int size) {
        return switch (size / OUTER / LAST) {
            case 4 -> List.of(4);
            case 8 -> List.of(8);
            case 16 -> List.of(4, 4);
            case 32 -> List.of(8, 4);
            default -> throw new IllegalArgumentException("no code for " + size);
        };
    }

    private void write() {
        var saved = new Reg[] {Reg.RBX, Reg.RBP, Reg.R12, Reg.R13, Reg.R14, Reg.R15};
        a.save(saved);
        a.mov(FROM, at(ARGUMENTS, SPECTRUM));
        a.vmovups(SCALE, at(FROM, 0));
        a.add(FROM, LINE);
        a.mov(at(ARGUMENTS, PART_FACTORS), FROM);
        for (int[] copied : new int[][] {{ROOTS, PART_ROOTS}, {ROWS, PART_ROWS}}) {
            a.mov(FROM, at(ARGUMENTS, copied[0]));
            a.mov(at(ARGUMENTS, copied[1]), FROM);
        }
        if (parts == 1) {
            columnsDown(true);
            blocks();
            columnsUp(true);
        } else {
            a.mov(FROM, parts);
            a.mov(at(ARGUMENTS, PARTS_LEFT), FROM);
            part();
            var next = a.here();
            columnsDown(false);
            blocks();
            columnsUp(false);
            a.add(at(ARGUMENTS, PART_ROOTS), rootsBefore(size, lower.size() + 1));
            a.add(at(ARGUMENTS, PART_ROWS), partBytes(size));
            a.add(at(ARGUMENTS, PART_FACTORS), size * LINE);
            a.mov(FROM, at(ARGUMENTS, PARTS_LEFT));
            a.sub(FROM, 1); // a move leaves its flags
            a.mov(at(ARGUMENTS, PARTS_LEFT), FROM);
            a.jump(Condition.NOT_EQUAL, next);
            unite();
        }
        a.vzeroupper();
        a.restore(saved);
        a.ret();
    }

    /** The roots that part a ring, which lie behind the parts'. */
    private void partingRoots() {
        a.mov(ROOT, at(ARGUMENTS, ROOTS));
        a.add(ROOT, parts * rootsBefore(size, lower.size() + 1));
        butterflies.roots(parts, ROOT);
    }

    /** The text becomes rows of its parts. */
    private void part() {
        partingRoots();
        a.mov(FROM, at(ARGUMENTS, X));
        a.mov(TO, at(ARGUMENTS, ROWS));
        loop(COUNT, OUTER, () -> {
            loop(INNER, inner, () -> {
                butterflies.loadReal(parts, FROM, size * HALF);
                butterflies.splitReal(parts);
                butterflies.store(parts, TO, partBytes(size));
                a.add(FROM, HALF);
                a.add(TO, PAIR);
            });
            a.add(TO, pitch - inner * PAIR);
        });
    }

    /** Rows of the parts become the result. */
    private void unite() {
        partingRoots();
        a.mov(COLUMN, at(ARGUMENTS, ROWS));
        a.mov(FROM, at(ARGUMENTS, OUT));
        if (gated) {
            a.mov(NUMBERS, at(ARGUMENTS, GATE));
        }
        loop(COUNT, OUTER, () -> {
            loop(INNER, inner, () -> {
                butterflies.load(parts, COLUMN, partBytes(size));
                butterflies.joinReal(parts);
                results(parts, size);
                resultsAhead();
                a.add(COLUMN, PAIR);
                step(1);
            });
            a.add(COLUMN, pitch - inner * PAIR);
        });
    }

    private void resultsAhead() {
        for (int i = 0; i < parts; i++) {
            int position = i * size + RESULTS_AHEAD;
            a.prefetcht0(at(FROM, position * HALF));
            if (gated) {
                a.prefetcht0(at(NUMBERS, position * HALF));
            }
        }
    }

    /** So many positions on in the result, and in the gate. */
    private void step(int positions) {
        a.add(FROM, positions * HALF);
        if (gated) {
            a.add(NUMBERS, positions * HALF);
        }
    }

    /** Runs the body so many times. */
    private void loop(Reg counter, int times, Runnable body) {
        if (times == 1) {
            body.run();
            return;
        }
        a.mov(counter, times);
        var next = a.here();
        body.run();
        a.sub(counter, 1);
        a.jump(Condition.NOT_EQUAL, next);
    }

    /** @param whole whether numbers come from the text, and are real; otherwise from a part's rows */
    private void columnsDown(boolean whole) {
        int each = whole ? HALF : PAIR;
        int row = whole ? inner * HALF : pitch;
        a.mov(FROM, at(ARGUMENTS, whole ? X : PART_ROWS));
        a.mov(BLOCK, at(ARGUMENTS, PART_ROWS));
        loop(COUNT, inner / COLUMNS, () -> {
            a.mov(ROOT, at(ARGUMENTS, PART_ROOTS));
            a.mov(TO, at(ARGUMENTS, BUFFER));
            butterflies.roots(8, ROOT);
            loop(TIMES, 8, () -> {
                loop(INNER, COLUMNS, () -> {
                    if (whole) {
                        butterflies.loadReal(8, FROM, 8 * row);
                        butterflies.splitReal(8);
                    } else {
                        butterflies.load(8, FROM, 8 * row);
                        butterflies.split(8);
                    }
                    butterflies.store(8, TO, 8 * COLUMNS * PAIR);
                    a.add(FROM, each);
                    a.add(TO, PAIR);
                });
                a.add(FROM, row - COLUMNS * each);
            });
            a.add(FROM, COLUMNS * each - 8 * row);
            a.add(ROOT, Butterflies.rootBytes(8));
            a.mov(COLUMN, at(ARGUMENTS, BUFFER));
            a.mov(TO, BLOCK);
            loop(TIMES, 8, () -> {
                butterflies.roots(8, ROOT);
                a.add(ROOT, Butterflies.rootBytes(8));
                loop(INNER, COLUMNS, () -> {
                    butterflies.load(8, COLUMN, COLUMNS * PAIR);
                    butterflies.split(8);
                    butterflies.store(8, TO, pitch);
                    a.add(COLUMN, PAIR);
                    a.add(TO, PAIR);
                });
                a.add(COLUMN, 7 * COLUMNS * PAIR);
                a.add(TO, 8 * pitch - COLUMNS * PAIR);
            });
            a.add(BLOCK, COLUMNS * PAIR);
        });
    }

    /** @param whole whether this is all, and the result is real */
    private void columnsUp(boolean whole) {
        a.mov(BLOCK, at(ARGUMENTS, PART_ROWS));
        a.mov(FROM, at(ARGUMENTS, whole ? OUT : PART_ROWS));
        if (whole && gated) {
            a.mov(NUMBERS, at(ARGUMENTS, GATE));
        }
        loop(COUNT, inner / COLUMNS, () -> {
            a.mov(ROOT, at(ARGUMENTS, PART_ROOTS));
            a.add(ROOT, Butterflies.rootBytes(8));
            a.mov(TO, at(ARGUMENTS, BUFFER));
            a.mov(COLUMN, BLOCK);
            loop(TIMES, 8, () -> {
                butterflies.roots(8, ROOT);
                a.add(ROOT, Butterflies.rootBytes(8));
                loop(INNER, COLUMNS, () -> {
                    butterflies.load(8, COLUMN, pitch);
                    butterflies.join(8);
                    butterflies.store(8, TO, COLUMNS * PAIR);
                    a.add(COLUMN, PAIR);
                    a.add(TO, PAIR);
                });
                a.add(COLUMN, 8 * pitch - COLUMNS * PAIR);
                a.add(TO, 7 * COLUMNS * PAIR);
            });
            a.add(BLOCK, COLUMNS * PAIR);
            a.mov(ROOT, at(ARGUMENTS, PART_ROOTS));
            butterflies.roots(8, ROOT);
            a.mov(COLUMN, at(ARGUMENTS, BUFFER));
            loop(TIMES, 8, () -> {
                loop(INNER, COLUMNS, () -> {
                    butterflies.load(8, COLUMN, 8 * COLUMNS * PAIR);
                    if (whole) {
                        butterflies.joinReal(8);
                        results(8, 8 * inner);
                        step(1);
                    } else {
                        butterflies.join(8);
                        butterflies.store(8, FROM, 8 * pitch);
                        a.add(FROM, PAIR);
                    }
                    a.add(COLUMN, PAIR);
                });
                rowsOn(whole, 1, -COLUMNS);
            });
            rowsOn(whole, -8, COLUMNS);
        });
    }

    /** So many rows and columns on in the result, or in a part's rows. */
    private void rowsOn(boolean whole, int rows, int columns) {
        if (whole) {
            step(rows * inner + columns);
        } else {
            a.add(FROM, rows * pitch + columns * PAIR);
        }
    }

    /** Writes real numbers, {@code apart} positions from one to the next. */
    private void results(int count, int apart) {
        for (int i = 0; i < count; i++) {
            var value = butterflies.real(i);
            var to = at(FROM, i * apart * HALF);
            a.vmulps(value, value, SCALE);
            if (gated) {
                var gate = butterflies.imaginary(i); // results are real: those registers are free
                var there = butterflies.imaginary((i + 1) % count);
                a.vcvtph2ps(gate, at(NUMBERS, i * apart * HALF));
                a.vcvtph2ps(there, to);
                a.vfmadd213ps(value, gate, there);
            }
            a.vcvtps2ph(to, value);
        }
    }

    /** The lower levels, down and up. */
    private void blocks() {
        a.mov(BLOCK, at(ARGUMENTS, PART_ROWS));
        a.mov(FACTORS, at(ARGUMENTS, PART_FACTORS));
        a.mov(NEXT, at(ARGUMENTS, AHEAD));
        a.mov(NEXT_TOO, at(ARGUMENTS, AHEAD_TOO));
        for (int level = 0; level <= lower.size(); level++) {
            a.mov(LEVEL_ROOTS[level], at(ARGUMENTS, PART_ROOTS));
            a.add(LEVEL_ROOTS[level], rootsBefore(size, level));
        }
        loop(COUNT, OUTER, () -> {
            int nodes = 1;
            for (int level = 0; level < lower.size(); level++) {
                level(level, nodes, true);
                nodes *= lower.get(level);
            }
            turn(nodes);
            a.add(LEVEL_ROOTS[lower.size()], nodes * Butterflies.rootBytes(LAST));
            for (int level = lower.size() - 1; level >= 0; level--) {
                nodes /= lower.get(level);
                level(level, nodes, false);
                a.add(LEVEL_ROOTS[level], nodes * Butterflies.rootBytes(lower.get(level)));
            }
            a.add(BLOCK, pitch);
        });
    }

    /** Where a lower level's roots begin among a part's. */
    private static int rootsBefore(int size, int level) {
        int bytes = 0;
        int nodes = 1;
        for (int radix : radices(size).subList(0, 2 + level)) {
            bytes += nodes * Butterflies.rootBytes(radix);
            nodes *= radix;
        }
        return bytes;
    }

    private void level(int level, int nodes, boolean down) {
        int radix = lower.get(level);
        int strand = inner / nodes / radix;
        a.mov(ROOT, LEVEL_ROOTS[level]);
        a.mov(COLUMN, BLOCK);
        loop(TIMES, nodes, () -> {
            butterflies.roots(radix, ROOT);
            a.add(ROOT, Butterflies.rootBytes(radix));
            loop(INNER, strand, () -> {
                butterflies.load(radix, COLUMN, strand * PAIR);
                if (down) {
                    butterflies.split(radix);
                } else {
                    butterflies.join(radix);
                }
                butterflies.store(radix, COLUMN, strand * PAIR);
                a.add(COLUMN, PAIR);
            });
            a.add(COLUMN, (radix - 1) * strand * PAIR);
        });
    }

    /** The last level down, the product with the spectrum, the last level up. */
    private void turn(int nodes) {
        a.mov(ROOT, LEVEL_ROOTS[lower.size()]);
        a.mov(COLUMN, BLOCK);
        loop(TIMES, nodes, () -> {
            butterflies.roots(LAST, ROOT);
            a.add(ROOT, Butterflies.rootBytes(LAST));
            butterflies.load(LAST, COLUMN, PAIR);
            butterflies.split(LAST);
            butterflies.times(LAST, FACTORS);
            for (int i = 0; i < LAST; i++) {
                a.prefetcht0(at(FACTORS, (FACTORS_AHEAD + i) * LINE));
            }
            butterflies.join(LAST);
            butterflies.store(LAST, COLUMN, PAIR);
            if (parts == 1) {
                for (int line = 0; line < LAST * HALF; line += LINE) {
                    a.prefetcht1(at(NEXT, line));
                    if (!gated) {
                        a.prefetcht1(at(NEXT_TOO, line));
                    }
                }
                a.add(NEXT, LAST * HALF);
                a.add(NEXT_TOO, LAST * HALF);
            }
            a.add(FACTORS, LAST * LINE);
            a.add(COLUMN, LAST * PAIR);
        });
    }
}
