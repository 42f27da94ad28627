package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.util.ArrayList;
import java.util.List;

/**
 * Machine code for {@code gelu(x Aᵀ) * (x' Bᵀ)}: two products of digits (see {@link DigitProductCode}) whose inputs are two parts of
 * the same rows. A tile's columns of A and of B are multiplied one after another with the same two tiles of rows, which stay
 * in the first cache while all columns go by; what becomes of their sums is computed while the next columns are
 * multiplied.
 */
final class DigitGateCode {
    // Where the arguments lie.
    static final int X = 0;
    static final int OTHER_X = 8;
    static final int X_SCALES = 16;
    static final int WEIGHTS = 24;
    static final int WEIGHT_SCALES = 32;
    static final int Y = 40;
    /** How many times {@link Shape#tiles} tiles of rows. */
    static final int ROW_TILES = 48;
    static final int SCRATCH = 56;

    private static final int LINE = 64;
    private static final int ROWS = DigitProductCode.ROWS;
    private static final int TILE = DigitProductCode.TILE;

    private static final Reg ARGUMENTS = Reg.RDI;
    private static final Reg X_AT = Reg.RAX;
    private static final Reg OTHER_X_AT = Reg.R11;
    private static final Reg PANEL = Reg.RDX;
    private static final Reg SCALES_AT = Reg.RSI;
    private static final Reg SUMS = Reg.R8;
    private static final Reg OTHER_SUMS = Reg.R15;
    private static final Reg BY_LINE = Reg.R9;
    private static final Reg Y_AT = Reg.R10;
    private static final Reg LEFT = Reg.RBX;
    private static final Reg FREE = Reg.R12;
    private static final Reg OUTER_LEFT = Reg.R14;
    private static final Reg WEIGHT_SCALES_AT = Reg.RCX;

    private static final Zmm HIGH = zmm(31);
    private static final Zmm GATE_SCALE = zmm(30);
    private static final Zmm VALUE_SCALE = zmm(29);
    /** Registers that a row's results take. */
    private static final int TEMPORARY = 7;

    /**
     * What the code is made for.
     *
     * @param in inputs of each product, a multiple of 64
     * @param columns results, a multiple of 16
     * @param xStride bytes from one tile of rows of x to the next
     * @param yStride bytes from one row of y to the next
     * @param tiles of rows that are multiplied together
     */
    record Shape(int in, int columns, int xStride, int yStride, int tiles) {
        /** Bytes of the room that sums take. */
        int scratchBytes() {
            return 4 * DigitSums.bytes(tiles);
        }

        /** Bytes of a tile's columns of one product. */
        int panelBytes() {
            return in / DigitProductCode.DEPTH * 2 * TILE;
        }
    }

    private final Assembler a = new Assembler();
    private final Shape shape;
    private final GeluTable gelu;
    private final DigitSums sums;

    private DigitGateCode(Shape shape) {
        this.shape = shape;
        gelu = GeluTable.fine(a, Gelu.of(Activation.GELU));
        sums = new DigitSums(a, shape.in(), shape.tiles(), shape.xStride(), BY_LINE);
    }

    static byte[] of(Shape shape) {
        var code = new DigitGateCode(shape);
        code.write();
        return code.a.bytes();
    }

    private void write() {
        var saved = new Reg[] {Reg.RBX, Reg.R12, Reg.R13, Reg.R14, Reg.R15};
        for (var register : saved) {
            a.push(register);
        }
        a.mov(FREE, AttentionConstants.ADDRESS);
        a.ldtilecfg(at(FREE, AttentionConstants.TILES));
        a.mov(FREE, DigitProductCode.HIGH_DIGIT);
        a.vbroadcastss(HIGH, at(FREE, 0));
        gelu.load(FREE);
        a.mov(BY_LINE, LINE);
        a.mov(SUMS, at(ARGUMENTS, SCRATCH));
        a.mov(OTHER_SUMS, SUMS);
        a.add(OTHER_SUMS, 2 * DigitSums.bytes(shape.tiles()));
        a.mov(X_AT, at(ARGUMENTS, X));
        a.mov(OTHER_X_AT, at(ARGUMENTS, OTHER_X));
        a.mov(SCALES_AT, at(ARGUMENTS, X_SCALES));
        a.mov(OUTER_LEFT, at(ARGUMENTS, ROW_TILES));
        var next = a.here();
        columns();
        a.add(X_AT, shape.tiles() * shape.xStride());
        a.add(OTHER_X_AT, shape.tiles() * shape.xStride());
        a.add(SCALES_AT, shape.tiles() * ROWS * Float.BYTES);
        a.mov(FREE, at(ARGUMENTS, Y));
        a.add(FREE, shape.tiles() * ROWS * shape.yStride());
        a.mov(at(ARGUMENTS, Y), FREE);
        a.sub(OUTER_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.tilerelease();
        a.vzeroupper();
        for (int i = saved.length - 1; i >= 0; i--) {
            a.pop(saved[i]);
        }
        a.ret();
    }

    /** All columns by some tiles of rows. */
    private void columns() {
        a.mov(PANEL, at(ARGUMENTS, WEIGHTS));
        a.mov(WEIGHT_SCALES_AT, at(ARGUMENTS, WEIGHT_SCALES));
        a.mov(Y_AT, at(ARGUMENTS, Y));
        both(List.of());
        a.mov(LEFT, shape.columns() / DigitProductCode.COLUMNS - 1);
        var next = a.here();
        both(results());
        nextResults();
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        results().forEach(Runnable::run);
    }

    /** Both products of a tile's columns, and instructions dealt out between them. */
    private void both(List<Runnable> others) {
        int gateSums = DigitSums.bytes(shape.tiles());
        var list = new ArrayList<>(sums.products(X_AT, PANEL, 0, false, () -> {}));
        list.add(() -> sums.keep(OTHER_SUMS, 0));
        list.addAll(sums.products(OTHER_X_AT, PANEL, shape.panelBytes(), false, () -> {}));
        list.add(() -> sums.keep(OTHER_SUMS, gateSums));
        DigitSums.together(list, others);
        a.add(PANEL, 2 * shape.panelBytes());
        a.mov(FREE, SUMS);
        a.mov(SUMS, OTHER_SUMS);
        a.mov(OTHER_SUMS, FREE);
    }

    private void nextResults() {
        a.add(Y_AT, LINE);
        a.add(WEIGHT_SCALES_AT, 2 * LINE);
    }

    private List<Runnable> results() {
        var list = new ArrayList<Runnable>();
        list.add(() -> a.vmovups(GATE_SCALE, at(WEIGHT_SCALES_AT, 0)));
        list.add(() -> a.vmovups(VALUE_SCALE, at(WEIGHT_SCALES_AT, LINE)));
        for (int row = 0; row < shape.tiles() * ROWS; row++) {
            result(list, row);
        }
        return list;
    }

    private void result(List<Runnable> list, int row) {
        int first = row % 2 * TEMPORARY;
        var gate = zmm(first);
        var value = zmm(first + 1);
        var other = zmm(first + 2);
        list.addAll(sums.sums(gate, other, HIGH, SUMS, 0, row));
        list.addAll(sums.sums(value, other, HIGH, SUMS, DigitSums.bytes(shape.tiles()), row));
        list.add(() -> a.vmulps(gate, gate, each(SCALES_AT, row * Float.BYTES)));
        list.add(() -> a.vmulps(value, value, each(SCALES_AT, row * Float.BYTES)));
        list.add(() -> a.vmulps(gate, gate, GATE_SCALE));
        list.add(() -> a.vmulps(value, value, VALUE_SCALE));
        list.add(() -> {
            var applied = gelu.apply(gate, other, zmm(first + 3), zmm(first + 4), zmm(first + 5));
            a.vmulps(value, value, applied);
        });
        list.add(() -> a.vmovups(at(Y_AT, row * shape.yStride()), value));
    }
}
