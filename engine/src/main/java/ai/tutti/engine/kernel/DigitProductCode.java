package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Label;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.util.ArrayList;
import java.util.List;

/**
 * Machine code for products of integers in two digits (see {@link DigitTiles}) with AMX.
 *
 * <p><b>Registers:</b> see {@link DigitSums}.
 *
 * <p><b>Caches.</b> A tile comes from the first cache in half of a product's time, and from the second in all of it. A column's
 * weights stay in the first while all rows go by, which are read with a hint not to take their place; then the next column's,
 * whose lines are asked for meanwhile. (Three columns beside one another read less, but nothing stays: 1.6 times slower.)
 *
 * <p><b>Two things at once.</b> While AMX multiplies one pair of tiles, the vector units turn the sums of the last pair but one into
 * numbers: their instructions are dealt out between the products. (The last pair's sums are still on their way to the first
 * cache.)
 */
final class DigitProductCode {
    /** Inputs of one step: the bytes of a tile's row. */
    static final int DEPTH = 64;
    /** Rows of a tile. */
    static final int ROWS = 16;
    /** Columns of a tile. */
    static final int COLUMNS = 16;
    /** Bytes of a tile. */
    static final int TILE = 1024;
    /** Bytes of the room that the sums take of what was multiplied last and before that. */
    static final int SCRATCH_BYTES = 2 * DigitSums.bytes(DigitSums.MOST_TILES);

    // Where the arguments lie.
    private static final int X = 0;
    private static final int X_SCALES = 8;
    private static final int WEIGHTS = 16;
    private static final int WEIGHT_SCALES = 24;
    private static final int BIAS = 32;
    private static final int Y = 40;
    /** How many times {@link Shape#tiles} tiles of rows. */
    private static final int ROW_TILES = 48;
    /** Tiles of columns. */
    private static final int PANELS = 56;
    private static final int SCRATCH = 64;

    private static final int LINE = 64;
    /** Lines of the next column that are asked for in a step. */
    private static final int LINES_AHEAD = 4;

    private static final Reg ARGUMENTS = Reg.RDI;
    private static final Reg X_AT = Reg.RAX;
    private static final Reg PANEL = Reg.RDX;
    private static final Reg SCALES_AT = Reg.RSI;
    private static final Reg SUMS = Reg.R8;
    private static final Reg OTHER_SUMS = Reg.R15;
    private static final Reg BY_LINE = Reg.R9;
    private static final Reg Y_AT = Reg.R10;
    private static final Reg LEFT = Reg.RBX;
    private static final Reg FREE = Reg.R12;
    private static final Reg AHEAD = Reg.R13;
    private static final Reg[] SAVED = {Reg.RBX, Reg.R12, Reg.R13, Reg.R15};

    private static final Zmm HIGH = zmm(31);
    private static final Zmm SCALE = zmm(30);
    private static final Zmm ADDEND = zmm(29);

    /**
     * What the code is made for.
     *
     * @param in inputs, a multiple of 64
     * @param xStride bytes from one tile of rows of x to the next
     * @param yStride bytes from one row of y to the next
     * @param tiles of rows that are multiplied together
     * @param adds whether results are added to y, or stored
     */
    record Shape(int in, int xStride, int yStride, int tiles, boolean adds) {
        /** Bytes of a panel's weights. */
        private int panelBytes() {
            return in / DEPTH * 2 * TILE;
        }
    }

    private final Assembler a = new Assembler();
    private final Shape shape;
    private final DigitSums sums;

    private DigitProductCode(Shape shape) {
        this.shape = shape;
        sums = new DigitSums(a, shape.in(), shape.tiles(), shape.xStride(), BY_LINE, HIGH);
    }

    static byte[] of(Shape shape) {
        var code = new DigitProductCode(shape);
        code.write();
        return code.a.bytes();
    }

    private void write() {
        a.save(SAVED);
        a.mov(FREE, AttentionConstants.ADDRESS);
        a.ldtilecfg(at(FREE, AttentionConstants.TILES));
        sums.load(FREE);
        a.mov(BY_LINE, LINE);
        a.mov(SUMS, at(ARGUMENTS, SCRATCH));
        a.mov(OTHER_SUMS, SUMS);
        a.add(OTHER_SUMS, SCRATCH_BYTES / 2);
        var next = a.here();
        panel();
        a.add(at(ARGUMENTS, WEIGHTS), shape.panelBytes());
        for (int argument : new int[] {WEIGHT_SCALES, BIAS, Y}) {
            a.add(at(ARGUMENTS, argument), LINE);
        }
        a.sub(at(ARGUMENTS, PANELS), 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.tilerelease();
        a.vzeroupper();
        a.restore(SAVED);
        a.ret();
    }

    /** All rows by one tile of columns. */
    private void panel() {
        var last = new Label();
        var lastButOne = new Label();
        a.mov(FREE, at(ARGUMENTS, WEIGHT_SCALES));
        a.vmovups(SCALE, at(FREE, 0));
        a.mov(FREE, at(ARGUMENTS, BIAS));
        a.vmovups(ADDEND, at(FREE, 0));
        a.mov(PANEL, at(ARGUMENTS, WEIGHTS));
        a.mov(AHEAD, PANEL);
        a.add(AHEAD, shape.panelBytes());
        a.mov(X_AT, at(ARGUMENTS, X));
        a.mov(SCALES_AT, at(ARGUMENTS, X_SCALES));
        a.mov(Y_AT, at(ARGUMENTS, Y));
        a.mov(LEFT, at(ARGUMENTS, ROW_TILES));
        products().forEach(Runnable::run);
        keepSums();
        a.sub(LEFT, 1);
        a.jump(Condition.EQUAL, last);
        a.add(X_AT, shape.tiles() * shape.xStride());
        products().forEach(Runnable::run);
        keepSums();
        a.sub(LEFT, 1);
        a.jump(Condition.EQUAL, lastButOne);
        var next = a.here();
        a.add(X_AT, shape.tiles() * shape.xStride());
        DigitSums.together(products(), results());
        keepSums();
        nextResults();
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.bind(lastButOne);
        results().forEach(Runnable::run);
        nextResults();
        a.bind(last);
        swapSums();
        results().forEach(Runnable::run);
    }

    private void nextResults() {
        a.add(Y_AT, shape.tiles() * ROWS * shape.yStride());
        a.add(SCALES_AT, shape.tiles() * ROWS * Float.BYTES);
    }

    /** Some tiles of rows by one of columns. */
    private List<Runnable> products() {
        return sums.products(X_AT, PANEL, 0, true, _ -> {
            for (int line = 0; line < LINES_AHEAD; line++) {
                a.prefetcht1(at(AHEAD, line * LINE));
            }
            a.add(AHEAD, LINES_AHEAD * LINE);
        });
    }

    private void keepSums() {
        sums.keep(SUMS, 0);
        swapSums();
    }

    private void swapSums() {
        a.mov(FREE, SUMS);
        a.mov(SUMS, OTHER_SUMS);
        a.mov(OTHER_SUMS, FREE);
    }

    /** What becomes of the sums. */
    private List<Runnable> results() {
        var list = new ArrayList<Runnable>();
        for (int row = 0; row < shape.tiles() * ROWS; row++) {
            var value = zmm(row % 4 * 2);
            var other = zmm(row % 4 * 2 + 1);
            int scale = row * Float.BYTES;
            int place = row * shape.yStride();
            list.addAll(sums.sums(value, other, SUMS, 0, row));
            list.add(() -> a.vmulps(value, value, each(SCALES_AT, scale)));
            list.add(() -> a.vfmadd213ps(value, SCALE, ADDEND));
            if (shape.adds()) {
                list.add(() -> a.vaddps(value, value, at(Y_AT, place)));
            }
            list.add(() -> a.vmovups(at(Y_AT, place), value));
        }
        return list;
    }
}
