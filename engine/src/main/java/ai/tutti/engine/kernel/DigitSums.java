package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.tile;

import ai.tutti.engine.kernel.Assembler.Memory;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Tile;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Instructions that multiply one or two tiles of rows of digits by one of columns with AMX, and read the sums.
 *
 * <p>A result has two sums, {@code h h'} and {@code h l' + l h'}: two of the eight tile registers for 16 rows and 16 columns. Two
 * tiles of rows take four; two hold the column's weights, and two the rows. For each 64 inputs that is six products and six
 * tiles read.
 */
final class DigitSums {
    /** Tiles of rows that are multiplied together. */
    static final int MOST_TILES = 2;

    private static final int DEPTH = DigitProductCode.DEPTH;
    private static final int TILE = DigitProductCode.TILE;
    private static final int ROWS = DigitProductCode.ROWS;
    private static final int LINE = 64;

    private static final Tile HIGH_WEIGHTS = tile(4);
    private static final Tile LOW_WEIGHTS = tile(5);
    private static final int FIRST_ROWS = 6;

    private static final long HIGH_DIGIT = highDigit().address();

    private final Assembler a;
    private final int steps;
    private final int tiles;
    private final int stride;
    private final Reg byLine;
    private final Zmm highDigit;

    /**
     * @param in inputs, a multiple of 64
     * @param tiles of rows, 1 or 2
     * @param stride bytes from one tile of rows to the next
     * @param byLine a register that holds 64
     * @param highDigit a register for what a high digit's one counts, see {@link #load}
     */
    DigitSums(Assembler a, int in, int tiles, int stride, Reg byLine, Zmm highDigit) {
        this.a = a;
        this.steps = in / DEPTH;
        this.tiles = tiles;
        this.stride = stride;
        this.byLine = byLine;
        this.highDigit = highDigit;
    }

    private static MemorySegment highDigit() {
        var memory = Arena.global().allocate(Float.BYTES, Float.BYTES);
        memory.set(ValueLayout.JAVA_FLOAT, 0, 1 << Byte.SIZE);
        return memory;
    }

    /** Fills the register. */
    void load(Reg free) {
        a.mov(free, HIGH_DIGIT);
        a.vbroadcastss(highDigit, at(free, 0));
    }

    /** Bytes that the sums of {@code tiles} tiles take. */
    static int bytes(int tiles) {
        return 2 * tiles * TILE;
    }

    /** Deals some instructions out between others. */
    static void together(List<Runnable> some, List<Runnable> others) {
        int done = 0;
        for (int i = 0; i < some.size(); i++) {
            some.get(i).run();
            for (; done < (i + 1) * others.size() / some.size(); done++) {
                others.get(done).run();
            }
        }
    }

    /**
     * The products.
     *
     * @param weightsStay whether the weights are read again soon, and the rows are not, or the other way round
     * @param between what else is done after each 64 inputs, which it is told the number of
     */
    List<Runnable> products(Reg x, Reg panel, int panelFrom, boolean weightsStay, IntConsumer between) {
        var list = new ArrayList<Runnable>();
        for (int t = 0; t < 2 * tiles; t++) {
            var sums = tile(t);
            list.add(() -> a.tilezero(sums));
        }
        for (int step = 0; step < steps; step++) {
            int at = step * 2 * TILE;
            int weights = panelFrom + at;
            list.add(() -> load(HIGH_WEIGHTS, at(panel, weights), weightsStay));
            for (int t = 0; t < tiles; t++) {
                var rows = rows(t);
                var high = high(t);
                var mixed = mixed(t);
                int from = t * stride + at;
                list.add(() -> load(rows, at(x, from), !weightsStay));
                list.add(() -> a.tdpbssd(high, rows, HIGH_WEIGHTS));
                if (t == 0) {
                    list.add(() -> load(LOW_WEIGHTS, at(panel, weights + TILE), weightsStay));
                }
                list.add(() -> a.tdpbssd(mixed, rows, LOW_WEIGHTS));
            }
            for (int t = 0; t < tiles; t++) {
                var rows = rows(t);
                var mixed = mixed(t);
                int from = t * stride + at + TILE;
                list.add(() -> load(rows, at(x, from), !weightsStay));
                list.add(() -> a.tdpbssd(mixed, rows, HIGH_WEIGHTS));
            }
            int done = step;
            list.add(() -> between.accept(done));
        }
        return list;
    }

    /** Stores the sums. */
    void keep(Reg to, int from) {
        for (int t = 0; t < 2 * tiles; t++) {
            a.tilestored(at(to, from + t * TILE), byLine, tile(t));
        }
    }

    /** One row's 16 sums, {@code 256 h h' + (h l' + l h')}, in {@code to}; {@code other} is used up. */
    List<Runnable> sums(Zmm to, Zmm other, Reg sums, int from, int row) {
        int place = from + row / ROWS * 2 * TILE + row % ROWS * LINE;
        return List.of(
                () -> a.vcvtdq2ps(other, at(sums, place)),
                () -> a.vcvtdq2ps(to, at(sums, place + TILE)),
                () -> a.vfmadd231ps(to, other, highDigit));
    }

    private static Tile high(int t) {
        return tile(2 * t);
    }

    private static Tile mixed(int t) {
        return tile(2 * t + 1);
    }

    private static Tile rows(int t) {
        return tile(FIRST_ROWS + t);
    }

    private void load(Tile to, Memory from, boolean stays) {
        if (stays) {
            a.tileloadd(to, from, byLine);
        } else {
            a.tileloaddt1(to, from, byLine);
        }
    }
}
