package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;
import static ai.tutti.engine.kernel.Assembler.tile;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Label;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Tile;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Machine code for products of integers in two digits (see {@link DigitTiles}) with AMX.
 *
 * <p><b>Registers.</b> A result has two sums, {@code h h'} and {@code h l' + l h'}, which take two of the eight tile registers for
 * 16 rows and 16 columns: three tiles of columns beside one another, one register for x and one for the weights. For each 64
 * inputs that is nine products and eleven tiles read, nine of them of the weights: a panel of 48 columns is small enough for the
 * second cache and is read for all rows before the next one. The next panel's lines are asked for meanwhile.
 *
 * <p><b>Two things at once.</b> While AMX multiplies for 16 rows, the vector units turn the sums of the 16 rows before into
 * numbers and do with them what is to be done: their instructions are dealt out between the products.
 */
final class DigitProductCode {
    /** Inputs of one step: the bytes of a tile's row. */
    static final int DEPTH = 64;
    /** Rows of a tile. */
    static final int ROWS = 16;
    /** Columns of a tile. */
    static final int COLUMNS = 16;
    /** Tiles side by side in a panel. */
    static final int MOST_TILES = 3;
    /** Bytes of a tile. */
    static final int TILE = 1024;
    /** Bytes of the room that the sums of a panel's 16 rows take. */
    static final int SCRATCH_BYTES = 2 * MOST_TILES * TILE;

    // Where the arguments lie.
    static final int X = 0;
    static final int X_SCALES = 8;
    static final int WEIGHTS = 16;
    static final int WEIGHT_SCALES = 24;
    static final int OTHER = 32;
    static final int Y = 40;
    static final int ROW_TILES = 48;
    static final int PANELS = 56;
    static final int SCRATCH = 64;

    private static final int LINE = 64;
    /** While so many tiles of rows are multiplied, the whole next panel is brought near. */
    private static final int ROW_TILES_AHEAD = 16;

    private static final Reg ARGUMENTS = Reg.RDI;
    private static final Reg X_AT = Reg.RAX;
    private static final Reg PANEL = Reg.RDX;
    private static final Reg SCALES_AT = Reg.RSI;
    private static final Reg SUMS = Reg.R8;
    private static final Reg BY_LINE = Reg.R9;
    private static final Reg Y_AT = Reg.R10;
    private static final Reg OTHER_AT = Reg.R11;
    private static final Reg ROWS_LEFT = Reg.RBX;
    private static final Reg FREE = Reg.R12;
    private static final Reg AHEAD = Reg.R13;
    private static final Reg PANELS_LEFT = Reg.R14;

    private static final Tile X_TILE = tile(6);
    private static final Tile WEIGHT_TILE = tile(7);

    private static final Zmm HIGH = zmm(31);
    private static final int FIRST_SCALE = 28;
    private static final int FIRST_BIAS = 16; // where a GELU has its tables, which has no bias
    private static final int TEMPORARY = 15;

    private static final long HIGH_DIGIT = highDigit().address();

    /**
     * What the code is made for.
     *
     * @param in inputs, a multiple of 64
     * @param xStride bytes from one tile of rows of x to the next
     * @param yStride bytes from one row of y to the next
     * @param tiles of columns in a panel
     * @param combine what becomes of the product
     */
    record Shape(int in, int xStride, int yStride, int tiles, PlanSpec.Combine combine) {
        int steps() {
            return in / DEPTH;
        }

        /** Bytes of a panel's weights. */
        int panelBytes() {
            return steps() * 2 * tiles * TILE;
        }
    }

    private final Assembler a = new Assembler();
    private final Shape shape;
    private final GeluTable gelu;

    private DigitProductCode(Shape shape) {
        this.shape = shape;
        gelu = GeluTable.fine(a, Gelu.of(Activation.GELU));
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
        var saved = new Reg[] {Reg.RBX, Reg.R12, Reg.R13, Reg.R14};
        for (var register : saved) {
            a.push(register);
        }
        a.mov(FREE, AttentionConstants.ADDRESS);
        a.ldtilecfg(at(FREE, AttentionConstants.TILES));
        a.mov(FREE, HIGH_DIGIT);
        a.vbroadcastss(HIGH, at(FREE, 0));
        if (shape.combine() == PlanSpec.Combine.GELU) {
            gelu.load(FREE);
        }
        a.mov(BY_LINE, LINE);
        a.mov(SUMS, at(ARGUMENTS, SCRATCH));
        a.mov(PANEL, at(ARGUMENTS, WEIGHTS));
        a.mov(PANELS_LEFT, at(ARGUMENTS, PANELS));
        var next = a.here();
        panel();
        a.add(PANEL, shape.panelBytes());
        for (int argument : new int[] {WEIGHT_SCALES, OTHER, Y}) {
            a.mov(FREE, at(ARGUMENTS, argument));
            a.add(FREE, shape.tiles() * LINE);
            a.mov(at(ARGUMENTS, argument), FREE);
        }
        a.sub(PANELS_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.tilerelease();
        a.vzeroupper();
        for (int i = saved.length - 1; i >= 0; i--) {
            a.pop(saved[i]);
        }
        a.ret();
    }

    /** All rows of a panel's columns. */
    private void panel() {
        var last = new Label();
        a.mov(FREE, at(ARGUMENTS, WEIGHT_SCALES));
        for (int t = 0; t < shape.tiles(); t++) {
            a.vmovups(zmm(FIRST_SCALE + t), at(FREE, t * LINE));
        }
        a.mov(OTHER_AT, at(ARGUMENTS, OTHER));
        if (addsBias()) {
            for (int t = 0; t < shape.tiles(); t++) {
                a.vmovups(zmm(FIRST_BIAS + t), at(OTHER_AT, t * LINE));
            }
        }
        a.mov(AHEAD, PANEL);
        a.add(AHEAD, shape.panelBytes());
        a.mov(X_AT, at(ARGUMENTS, X));
        a.mov(SCALES_AT, at(ARGUMENTS, X_SCALES));
        a.mov(Y_AT, at(ARGUMENTS, Y));
        a.mov(ROWS_LEFT, at(ARGUMENTS, ROW_TILES));
        products().forEach(Runnable::run);
        keepSums();
        a.sub(ROWS_LEFT, 1);
        a.jump(Condition.EQUAL, last);
        var next = a.here();
        a.add(X_AT, shape.xStride());
        together(products(), results());
        keepSums();
        a.add(Y_AT, ROWS * shape.yStride());
        a.add(OTHER_AT, ROWS * shape.yStride());
        a.add(SCALES_AT, ROWS * Float.BYTES);
        a.sub(ROWS_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.bind(last);
        results().forEach(Runnable::run);
    }

    /** Deals some instructions out between others. */
    private static void together(List<Runnable> some, List<Runnable> others) {
        int done = 0;
        for (int i = 0; i < some.size(); i++) {
            some.get(i).run();
            for (; done < (i + 1) * others.size() / some.size(); done++) {
                others.get(done).run();
            }
        }
    }

    private static Tile high(int t) {
        return tile(2 * t);
    }

    private static Tile mixed(int t) {
        return tile(2 * t + 1);
    }

    /** One tile of rows by one panel. */
    private List<Runnable> products() {
        var list = new ArrayList<Runnable>();
        int tiles = shape.tiles();
        for (int t = 0; t < 2 * tiles; t++) {
            var sum = tile(t);
            list.add(() -> a.tilezero(sum));
        }
        int lines = shape.panelBytes() / LINE / ROW_TILES_AHEAD;
        int linesAStep = (lines + shape.steps() - 1) / shape.steps();
        for (int step = 0; step < shape.steps(); step++) {
            int at = step * 2 * TILE;
            int weights = step * 2 * tiles * TILE;
            int ahead = step * linesAStep * LINE;
            list.add(() -> a.tileloadd(X_TILE, at(X_AT, at), BY_LINE));
            for (int t = 0; t < tiles; t++) {
                multiply(list, high(t), weights + 2 * t * TILE);
                multiply(list, mixed(t), weights + (2 * t + 1) * TILE);
            }
            list.add(() -> a.tileloadd(X_TILE, at(X_AT, TILE + at), BY_LINE));
            for (int t = 0; t < tiles; t++) {
                multiply(list, mixed(t), weights + 2 * t * TILE);
            }
            list.add(() -> {
                for (int line = 0; line < linesAStep; line++) {
                    a.prefetcht1(at(AHEAD, ahead + line * LINE));
                }
            });
        }
        list.add(() -> a.add(AHEAD, shape.steps() * linesAStep * LINE));
        return list;
    }

    private void multiply(List<Runnable> list, Tile sum, int weights) {
        list.add(() -> {
            a.tileloadd(WEIGHT_TILE, at(PANEL, weights), BY_LINE);
            a.tdpbssd(sum, X_TILE, WEIGHT_TILE);
        });
    }

    private void keepSums() {
        for (int t = 0; t < 2 * shape.tiles(); t++) {
            a.tilestored(at(SUMS, t * TILE), BY_LINE, tile(t));
        }
    }

    private boolean addsBias() {
        return shape.combine() == PlanSpec.Combine.STORE || shape.combine() == PlanSpec.Combine.ADD;
    }

    /** What becomes of one tile of rows' sums. */
    private List<Runnable> results() {
        var list = new ArrayList<Runnable>();
        for (int row = 0; row < ROWS; row++) {
            for (int t = 0; t < shape.tiles(); t++) {
                result(list, row, t);
            }
        }
        return list;
    }

    private void result(List<Runnable> list, int row, int t) {
        int first = (row * shape.tiles() + t) % (TEMPORARY / 5) * 5;
        var value = zmm(first);
        var other = zmm(first + 1);
        var scale = zmm(FIRST_SCALE + t);
        int sums = 2 * t * TILE + row * LINE;
        int place = row * shape.yStride() + t * LINE;
        list.add(() -> a.vcvtdq2ps(other, at(SUMS, sums)));
        list.add(() -> a.vcvtdq2ps(value, at(SUMS, sums + TILE)));
        list.add(() -> a.vfmadd231ps(value, other, HIGH));
        list.add(() -> a.vmulps(value, value, each(SCALES_AT, row * Float.BYTES)));
        switch (shape.combine()) {
            case STORE -> {
                list.add(() -> a.vfmadd213ps(value, scale, zmm(FIRST_BIAS + t)));
                list.add(() -> a.vmovups(at(Y_AT, place), value));
            }
            case ADD -> {
                list.add(() -> a.vfmadd213ps(value, scale, zmm(FIRST_BIAS + t)));
                list.add(() -> a.vaddps(value, value, at(Y_AT, place)));
                list.add(() -> a.vmovups(at(Y_AT, place), value));
            }
            case GELU -> {
                list.add(() -> a.vmulps(value, value, scale));
                list.add(() -> a.vmovups(
                        at(Y_AT, place), gelu.apply(value, other, zmm(first + 2), zmm(first + 3), zmm(first + 4))));
            }
            case TIMES -> {
                list.add(() -> a.vmulps(value, value, scale));
                list.add(() -> a.vmulps(value, value, at(OTHER_AT, place)));
                list.add(() -> a.vmovups(at(Y_AT, place), value));
            }
        }
    }
}
