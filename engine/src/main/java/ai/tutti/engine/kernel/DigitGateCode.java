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
 * Machine code for {@code gelu(x Aᵀ) * (x' Bᵀ)} in digits: two products (see {@link DigitProductCode}) whose inputs are two parts of
 * the same rows, and whose results are rows of digits as well.
 *
 * <p><b>Order.</b> All columns go by one or two tiles of rows, which stay in the first cache: a tile's columns of A, and then the same
 * of B. While AMX multiplies, the vector units make digits of the last columns' sums; their instructions are dealt out between
 * the products. The weights stay in the second cache; the first rows ask for them some columns before, lest each line be waited for.
 *
 * <p><b>Scales.</b> A row's scale would be known when all its columns are there; kept in f32 until then, they cost more of the second
 * cache's rate than anything else here. But no result is larger, roundings aside, than the product of both parts' norms and of the
 * largest norms of A's and B's rows (Cauchy and Schwarz; gelu(g) is no larger than g). With random weights the largest of a row is
 * some 40 times smaller, so the scale is an eighth of what would be safe. If a result does not fit, its tiles of rows are computed
 * again with the safe scale, which leaves 12 bits of the largest; weights that are much more of one mind with their inputs
 * would have that happen often. A row's bits depend on the rows of its own tiles, then, but on no others.
 */
final class DigitGateCode {
    // Where the arguments lie, and behind them what the code keeps there.
    private static final int X = 0;
    private static final int OTHER_X = 8;
    private static final int X_SCALES = 16;
    private static final int NORMS = 24;
    private static final int OTHER_NORMS = 32;
    private static final int WEIGHTS = 40;
    private static final int WEIGHT_SCALES = 48;
    /** Where {@link #share} lies. */
    private static final int SHARE = 56;
    private static final int TO = 64;
    private static final int TO_SCALES = 72;
    /** How many times {@link Shape#tiles} tiles of rows. */
    private static final int TIMES = 80;
    private static final int ROOM = 88;
    private static final int QUARTERS_LEFT = 96;
    private static final int AGAIN = 104;
    private static final int LARGEST_OF_ALL = 112;

    private static final int LINE = 64;
    private static final int ROWS = DigitProductCode.ROWS;
    private static final int TILE = DigitProductCode.TILE;
    private static final int COLUMNS = DigitProductCode.COLUMNS;
    private static final int QUARTERS = DigitProductCode.DEPTH / COLUMNS;

    /** How much smaller scales are than what would be safe. */
    private static final float BOLD = 8;

    private static final float ROUNDING = 1.01f;

    /** Tiles of columns before which weights are asked for. */
    private static final int AHEAD = 4;

    // Where the constants lie.
    private static final int LEAST = 0;
    private static final int SAFER = 4;
    private static final int LESS = 8;
    private static final long CONSTANTS = constants().address();

    private static final Reg ARGUMENTS = Reg.RDI;
    private static final Reg X_AT = Reg.RAX;
    private static final Reg OTHER_X_AT = Reg.R11;
    private static final Reg PANEL = Reg.RDX;
    private static final Reg WEIGHT_SCALES_AT = Reg.RCX;
    private static final Reg ROOM_AT = Reg.RSI;
    private static final Reg SUMS = Reg.R8;
    private static final Reg OTHER_SUMS = Reg.R15;
    private static final Reg BY_LINE = Reg.R9;
    private static final Reg DIGITS = Reg.R10;
    private static final Reg LEFT = Reg.RBX;
    private static final Reg FREE = Reg.R12;
    private static final Reg[] SAVED = {Reg.RBX, Reg.R12, Reg.R15};

    private static final Zmm HIGH = zmm(31);
    private static final Zmm GATE_SCALE = zmm(30);
    private static final Zmm VALUE_SCALE = zmm(29);
    private static final Zmm LARGEST = zmm(13);
    /** Registers that a row's results take. */
    private static final int TEMPORARY = 6;

    /**
     * What the code is made for.
     *
     * @param in inputs of each product, a multiple of 64
     * @param columns results, a multiple of 64
     * @param blocks parts of x's rows, of which two are multiplied
     * @param tiles of rows that are multiplied together
     */
    record Shape(int in, int columns, int blocks, int tiles) {
        /** Bytes from one tile of rows of x to the next. */
        private int xStride() {
            return 2 * in * blocks * ROWS;
        }

        private int normStride() {
            return blocks * ROWS * Float.BYTES;
        }

        /** Bytes of a tile's columns of one product. */
        private int panelBytes() {
            return in / DigitProductCode.DEPTH * 2 * TILE;
        }

        /** Bytes from one tile of rows of digits to the next. */
        private int toStride() {
            return 2 * columns * ROWS;
        }

        /** Bytes of both products' sums. */
        private int sumBytes() {
            return 2 * DigitSums.bytes(tiles);
        }

        // What lies in the room: sums, twice; x's scales; and what makes digits of values.

        private int scales() {
            return 2 * sumBytes();
        }

        private int factors() {
            return scales() + tiles * LINE;
        }

        /** Bytes that the code wants to itself. */
        int roomBytes() {
            return factors() + tiles * LINE;
        }
    }

    private final Assembler a = new Assembler();
    private final Shape shape;
    private final GeluTable gelu;
    private final DigitSums sums;
    private final DigitBytes bytes;

    private DigitGateCode(Shape shape) {
        this.shape = shape;
        gelu = GeluTable.fine(a, Gelu.of(Activation.GELU));
        sums = new DigitSums(a, shape.in(), shape.tiles(), shape.xStride(), BY_LINE, HIGH);
        bytes = new DigitBytes(a, zmm(28), zmm(27), zmm(15), zmm(14));
    }

    static byte[] of(Shape shape) {
        var code = new DigitGateCode(shape);
        code.write();
        return code.a.bytes();
    }

    /**
     * What a row's scale is of the product of its parts' norms.
     *
     * @param norms largest product of the norms of a row of A and one of B that belong together
     */
    static float share(double norms) {
        return (float) (norms * ROUNDING / BOLD / DigitLoops.MOST);
    }

    private static MemorySegment constants() {
        var memory = Arena.global().allocate(LESS + Float.BYTES, Float.BYTES);
        memory.set(ValueLayout.JAVA_FLOAT, LEAST, DigitLoops.NOTHING);
        memory.set(ValueLayout.JAVA_FLOAT, SAFER, BOLD);
        memory.set(ValueLayout.JAVA_FLOAT, LESS, 1 / BOLD);
        return memory;
    }

    private void write() {
        a.save(SAVED);
        a.mov(FREE, AttentionConstants.ADDRESS);
        a.ldtilecfg(at(FREE, AttentionConstants.TILES));
        sums.load(FREE);
        gelu.load(FREE);
        bytes.load(FREE);
        a.mov(BY_LINE, LINE);
        a.mov(ROOM_AT, at(ARGUMENTS, ROOM));
        a.mov(SUMS, ROOM_AT);
        a.mov(OTHER_SUMS, ROOM_AT);
        a.add(OTHER_SUMS, shape.sumBytes());
        a.mov(X_AT, at(ARGUMENTS, X));
        a.mov(OTHER_X_AT, at(ARGUMENTS, OTHER_X));
        var done = new Label();
        rows(true);
        a.jump(Condition.EQUAL, done);
        var next = a.here();
        rows(false);
        a.jump(Condition.NOT_EQUAL, next);
        a.bind(done);
        a.tilerelease();
        a.vzeroupper();
        a.restore(SAVED);
        a.ret();
    }

    /**
     * Some tiles of rows; whether they are the last is told by the flags.
     *
     * @param first whether weights are not in the second cache yet
     */
    private void rows(boolean first) {
        results(first);
        a.add(at(ARGUMENTS, TO), shape.tiles() * shape.toStride());
        a.add(at(ARGUMENTS, X_SCALES), shape.tiles() * LINE);
        a.add(at(ARGUMENTS, NORMS), shape.tiles() * shape.normStride());
        a.add(at(ARGUMENTS, OTHER_NORMS), shape.tiles() * shape.normStride());
        a.add(at(ARGUMENTS, TO_SCALES), shape.tiles() * LINE);
        a.add(X_AT, shape.tiles() * shape.xStride());
        a.add(OTHER_X_AT, shape.tiles() * shape.xStride());
        a.sub(at(ARGUMENTS, TIMES), 1);
    }

    /** All columns by some tiles of rows, and once more if a result was too large. */
    private void results(boolean first) {
        var done = new Label();
        scale();
        a.mov(FREE, 0);
        a.mov(at(ARGUMENTS, AGAIN), FREE);
        a.mov(at(ARGUMENTS, LARGEST_OF_ALL), FREE);
        var again = a.here();
        columns(first);
        largest();
        a.mov(FREE, at(ARGUMENTS, LARGEST_OF_ALL));
        a.cmp(FREE, Float.floatToRawIntBits(DigitLoops.MOST + 0.5f));
        a.jump(Condition.BELOW, done);
        a.mov(FREE, at(ARGUMENTS, AGAIN));
        a.cmp(FREE, 1);
        a.jump(Condition.EQUAL, done);
        makeSafe();
        a.add(at(ARGUMENTS, AGAIN), 1);
        a.jump(Condition.NOT_EQUAL, again);
        a.bind(done);
    }

    /** Scales of x and of the results, and what makes digits of values. */
    private void scale() {
        a.mov(FREE, CONSTANTS);
        a.vbroadcastss(zmm(0), at(FREE, LEAST));
        a.mov(FREE, at(ARGUMENTS, SHARE));
        a.vbroadcastss(zmm(2), at(FREE, 0));
        for (int t = 0; t < shape.tiles(); t++) {
            a.mov(FREE, at(ARGUMENTS, NORMS));
            a.vmulps(zmm(3), zmm(2), at(FREE, t * shape.normStride()));
            a.mov(FREE, at(ARGUMENTS, OTHER_NORMS));
            a.vmulps(zmm(3), zmm(3), at(FREE, t * shape.normStride()));
            a.vmaxps(zmm(3), zmm(3), zmm(0));
            a.mov(FREE, at(ARGUMENTS, X_SCALES));
            a.vmovups(zmm(4), at(FREE, t * LINE));
            a.vmovups(at(ROOM_AT, shape.scales() + t * LINE), zmm(4));
            a.vdivps(zmm(4), zmm(4), zmm(3));
            a.vmovups(at(ROOM_AT, shape.factors() + t * LINE), zmm(4));
            a.vmulps(zmm(3), zmm(3), HIGH);
            a.mov(FREE, at(ARGUMENTS, TO_SCALES));
            a.vmovups(at(FREE, t * LINE), zmm(3));
        }
    }

    private void makeSafe() {
        a.mov(FREE, CONSTANTS);
        a.vbroadcastss(zmm(0), at(FREE, SAFER));
        a.vbroadcastss(zmm(1), at(FREE, LESS));
        a.mov(FREE, at(ARGUMENTS, TO_SCALES));
        for (int t = 0; t < shape.tiles(); t++) {
            a.vmulps(zmm(2), zmm(0), at(FREE, t * LINE));
            a.vmovups(at(FREE, t * LINE), zmm(2));
            a.vmulps(zmm(2), zmm(1), at(ROOM_AT, shape.factors() + t * LINE));
            a.vmovups(at(ROOM_AT, shape.factors() + t * LINE), zmm(2));
        }
    }

    private void columns(boolean first) {
        a.vpxord(LARGEST, LARGEST, LARGEST);
        a.mov(PANEL, at(ARGUMENTS, WEIGHTS));
        a.mov(WEIGHT_SCALES_AT, at(ARGUMENTS, WEIGHT_SCALES));
        a.mov(DIGITS, at(ARGUMENTS, TO));
        a.mov(FREE, QUARTERS);
        a.mov(at(ARGUMENTS, QUARTERS_LEFT), FREE);
        products(first, List.of());
        a.mov(LEFT, shape.columns() / COLUMNS - 1);
        var next = a.here();
        products(first, results());
        nextResults();
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        results().forEach(Runnable::run);
    }

    /** Both products of a tile's columns, and instructions dealt out between them. */
    private void products(boolean first, List<Runnable> others) {
        var list = new ArrayList<>(sums.products(X_AT, PANEL, 0, false, step -> ahead(first, step * 2 * TILE)));
        list.add(() -> sums.keep(OTHER_SUMS, 0));
        int other = shape.panelBytes();
        list.addAll(sums.products(OTHER_X_AT, PANEL, other, false, step -> ahead(first, other + step * 2 * TILE)));
        list.add(() -> sums.keep(OTHER_SUMS, DigitSums.bytes(shape.tiles())));
        DigitSums.together(list, others);
        a.add(PANEL, 2 * shape.panelBytes());
        a.mov(FREE, SUMS);
        a.mov(SUMS, OTHER_SUMS);
        a.mov(OTHER_SUMS, FREE);
    }

    private void ahead(boolean first, int from) {
        for (int line = 0; first && line < 2 * TILE; line += LINE) {
            a.prefetcht1(at(PANEL, AHEAD * 2 * shape.panelBytes() + from + line));
        }
    }

    /** On to the next 16 columns: a quarter of the digits' lines, and then the next ones. */
    private void nextResults() {
        var sameLines = new Label();
        a.add(WEIGHT_SCALES_AT, 2 * LINE);
        a.add(DIGITS, COLUMNS);
        a.sub(at(ARGUMENTS, QUARTERS_LEFT), 1);
        a.jump(Condition.NOT_EQUAL, sameLines);
        a.add(at(ARGUMENTS, QUARTERS_LEFT), QUARTERS);
        a.add(DIGITS, 2 * TILE - LINE);
        a.bind(sameLines);
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
        int to = row / ROWS * shape.toStride() + row % ROWS * LINE;
        list.addAll(sums.sums(gate, other, SUMS, 0, row));
        list.addAll(sums.sums(value, other, SUMS, DigitSums.bytes(shape.tiles()), row));
        list.add(() -> a.vmulps(gate, gate, each(ROOM_AT, shape.scales() + row * Float.BYTES)));
        list.add(() -> a.vmulps(value, value, each(ROOM_AT, shape.factors() + row * Float.BYTES)));
        list.add(() -> a.vmulps(gate, gate, GATE_SCALE));
        list.add(() -> a.vmulps(value, value, VALUE_SCALE));
        list.add(() -> a.vmulps(value, value, gelu.apply(gate, other, zmm(first + 3), zmm(first + 4), zmm(first + 5))));
        list.add(() -> a.vrangeLargest(LARGEST, LARGEST, value));
        list.add(() -> bytes.store(value, other, at(DIGITS, to), at(DIGITS, to + TILE)));
    }

    /** The largest number of all rows. */
    private void largest() {
        Reduction.lanes(a, LARGEST, zmm(0), a::vmaxps);
        a.vmovss(at(ARGUMENTS, LARGEST_OF_ALL), LARGEST);
    }
}
