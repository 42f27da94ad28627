package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Label;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Machine code for products of integers in two digits (see {@link DigitTiles}) with AMX.
 *
 * <p><b>Registers:</b> see {@link DigitSums}.
 *
 * <p><b>Caches.</b> A tile comes from the first cache in half of a product's time, and from the second in all of it. A column's
 * weights stay in the first while all rows go by, which are read with a hint not to take their place. (Three columns
 * beside one another read less, but nothing stays: 1.6 times slower.) The next column's lines are asked for meanwhile.
 *
 * <p><b>Two things at once.</b> While AMX multiplies one pair of tiles, the vector units turn the sums of the last pair but one into
 * numbers and do with them what is to be done: their instructions are dealt out between the products. (The last pair's sums
 * are still on their way to the first cache.)
 *
 * <p><b>Order.</b> With many inputs, all rows go by one column; with few, all columns by the same rows: so that what is multiplied
 * one after another is always much.
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
    static final int X = 0;
    static final int X_SCALES = 8;
    static final int WEIGHTS = 16;
    static final int WEIGHT_SCALES = 24;
    static final int OTHER = 32;
    static final int Y = 40;
    /** How many times {@link Shape#tiles} tiles of rows. */
    static final int ROW_TILES = 48;
    /** Tiles of columns. */
    static final int PANELS = 56;
    static final int SCRATCH = 64;

    private static final int LINE = 64;
    /** At most so many inputs take so little that one row's products with all columns come together. */
    private static final int FEW_INPUTS = 256;

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
    private static final Reg OTHER_AT = Reg.R11;
    private static final Reg LEFT = Reg.RBX;
    private static final Reg FREE = Reg.R12;
    private static final Reg AHEAD = Reg.R13;
    private static final Reg OUTER_LEFT = Reg.R14;
    private static final Reg WEIGHT_SCALES_AT = Reg.RCX;

    private static final Zmm HIGH = zmm(31);
    private static final Zmm SCALE = zmm(30);
    private static final Zmm BIAS = zmm(29);
    private static final int TEMPORARY = 15;

    static final long HIGH_DIGIT = highDigit().address();

    /**
     * What the code is made for.
     *
     * @param in inputs, a multiple of 64
     * @param xStride bytes from one tile of rows of x to the next
     * @param yStride bytes from one row of y to the next
     * @param tiles of rows that are multiplied together
     * @param combine what becomes of the product
     */
    record Shape(int in, int xStride, int yStride, int tiles, PlanSpec.Combine combine) {
        int steps() {
            return in / DEPTH;
        }

        /** Whether all rows go by one column before the next one; otherwise all columns by the same rows. */
        boolean rowsInside() {
            return in > FEW_INPUTS;
        }

        /** Bytes of a panel's weights. */
        int panelBytes() {
            return steps() * 2 * TILE;
        }
    }

    private final Assembler a = new Assembler();
    private final Shape shape;
    private final GeluTable gelu;
    private final DigitSums sums;

    private DigitProductCode(Shape shape) {
        this.shape = shape;
        gelu = GeluTable.fine(a, Gelu.of(Activation.GELU));
        sums = new DigitSums(a, shape.in(), shape.tiles(), shape.xStride(), BY_LINE);
    }

    private static MemorySegment highDigit() {
        var memory = Arena.global().allocate(Float.BYTES, 64);
        memory.set(ValueLayout.JAVA_FLOAT, 0, 1 << Byte.SIZE);
        return memory;
    }

    static byte[] of(Shape shape) {
        var code = new DigitProductCode(shape);
        code.write();
        return code.a.bytes();
    }

    private void write() {
        var saved = new Reg[] {Reg.RBX, Reg.R12, Reg.R13, Reg.R14, Reg.R15};
        a.save(saved);
        a.mov(FREE, AttentionConstants.ADDRESS);
        a.ldtilecfg(at(FREE, AttentionConstants.TILES));
        a.mov(FREE, HIGH_DIGIT);
        a.vbroadcastss(HIGH, at(FREE, 0));
        if (shape.combine() == PlanSpec.Combine.GELU) {
            gelu.load(FREE);
        }
        a.mov(BY_LINE, LINE);
        a.mov(SUMS, at(ARGUMENTS, SCRATCH));
        a.mov(OTHER_SUMS, SUMS);
        a.add(OTHER_SUMS, SCRATCH_BYTES / 2);
        boolean rowsInside = shape.rowsInside();
        a.mov(OUTER_LEFT, at(ARGUMENTS, rowsInside ? PANELS : ROW_TILES));
        var next = a.here();
        inner();
        if (rowsInside) {
            a.add(at(ARGUMENTS, WEIGHTS), shape.panelBytes());
            for (int argument : new int[] {WEIGHT_SCALES, OTHER, Y}) {
                a.add(at(ARGUMENTS, argument), LINE);
            }
        } else {
            a.add(at(ARGUMENTS, X), shape.tiles() * shape.xStride());
            a.add(at(ARGUMENTS, X_SCALES), shape.tiles() * ROWS * Float.BYTES);
            a.add(at(ARGUMENTS, Y), shape.tiles() * ROWS * shape.yStride());
            if (shape.combine() == PlanSpec.Combine.TIMES) {
                a.add(at(ARGUMENTS, OTHER), shape.tiles() * ROWS * shape.yStride());
            }
        }
        a.sub(OUTER_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.tilerelease();
        a.vzeroupper();
        a.restore(saved);
        a.ret();
    }

    /** All rows by one tile of columns, or all columns by some tiles of rows. */
    private void inner() {
        var last = new Label();
        var lastButOne = new Label();
        a.mov(PANEL, at(ARGUMENTS, WEIGHTS));
        a.mov(WEIGHT_SCALES_AT, at(ARGUMENTS, WEIGHT_SCALES));
        a.mov(OTHER_AT, at(ARGUMENTS, OTHER));
        a.mov(AHEAD, PANEL);
        a.add(AHEAD, shape.panelBytes());
        a.mov(X_AT, at(ARGUMENTS, X));
        a.mov(SCALES_AT, at(ARGUMENTS, X_SCALES));
        a.mov(Y_AT, at(ARGUMENTS, Y));
        a.mov(LEFT, at(ARGUMENTS, shape.rowsInside() ? ROW_TILES : PANELS));
        products().forEach(Runnable::run);
        keepSums();
        a.sub(LEFT, 1);
        a.jump(Condition.EQUAL, last);
        nextProducts();
        products().forEach(Runnable::run);
        keepSums();
        a.sub(LEFT, 1);
        a.jump(Condition.EQUAL, lastButOne);
        var next = a.here();
        nextProducts();
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

    private void nextProducts() {
        if (shape.rowsInside()) {
            a.add(X_AT, shape.tiles() * shape.xStride());
        } else {
            a.add(PANEL, shape.panelBytes());
        }
    }

    private void nextResults() {
        if (shape.rowsInside()) {
            a.add(Y_AT, shape.tiles() * ROWS * shape.yStride());
            a.add(SCALES_AT, shape.tiles() * ROWS * Float.BYTES);
            if (shape.combine() == PlanSpec.Combine.TIMES) {
                a.add(OTHER_AT, shape.tiles() * ROWS * shape.yStride());
            }
        } else {
            a.add(Y_AT, LINE);
            a.add(WEIGHT_SCALES_AT, LINE);
            a.add(OTHER_AT, LINE);
        }
    }

    /** Some tiles of rows by one of columns. */
    private List<Runnable> products() {
        return sums.products(X_AT, PANEL, 0, shape.rowsInside(), () -> {
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

    private boolean addsBias() {
        return shape.combine() == PlanSpec.Combine.STORE || shape.combine() == PlanSpec.Combine.ADD;
    }

    /** What becomes of the sums. */
    private List<Runnable> results() {
        var list = new ArrayList<Runnable>();
        list.add(() -> a.vmovups(SCALE, at(WEIGHT_SCALES_AT, 0)));
        if (addsBias()) {
            list.add(() -> a.vmovups(BIAS, at(OTHER_AT, 0)));
        }
        for (int row = 0; row < shape.tiles() * ROWS; row++) {
            result(list, row);
        }
        return list;
    }

    private void result(List<Runnable> list, int row) {
        int first = row % (TEMPORARY / 5) * 5;
        var value = zmm(first);
        var other = zmm(first + 1);
        int place = row * shape.yStride();
        list.addAll(sums.sums(value, other, HIGH, SUMS, 0, row));
        list.add(() -> a.vmulps(value, value, each(SCALES_AT, row * Float.BYTES)));
        switch (shape.combine()) {
            case STORE -> {
                list.add(() -> a.vfmadd213ps(value, SCALE, BIAS));
                list.add(() -> a.vmovups(at(Y_AT, place), value));
            }
            case ADD -> {
                list.add(() -> a.vfmadd213ps(value, SCALE, BIAS));
                list.add(() -> a.vaddps(value, value, at(Y_AT, place)));
                list.add(() -> a.vmovups(at(Y_AT, place), value));
            }
            case GELU -> {
                list.add(() -> a.vmulps(value, value, SCALE));
                list.add(() -> a.vmovups(
                        at(Y_AT, place), gelu.apply(value, other, zmm(first + 2), zmm(first + 3), zmm(first + 4))));
            }
            case TIMES -> {
                list.add(() -> a.vmulps(value, value, SCALE));
                list.add(() -> a.vmulps(value, value, at(OTHER_AT, place)));
                list.add(() -> a.vmovups(at(Y_AT, place), value));
            }
        }
    }
}
