package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;
import static ai.tutti.engine.kernel.Assembler.tile;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Label;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import ai.tutti.engine.tensor.DType;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Machine code for a linear layer with AMX, of bf16 or of codes ({@link CodedWeights}), and for all that becomes of its results
 * before they go to memory.
 *
 * <p><b>A unit</b> is 32 rows by a panel of {@value #PANEL} columns: four tiles of sums. Each step brings two tiles of rows
 * and two of weights in, {@value #LINE} bytes deep, for four products: as many loads as products, which the first cache can
 * serve. Rows of a block stay there while panels of weights come out of the second cache one after another, by loads that say that
 * they are not to stay.
 *
 * <p><b>Results.</b> A unit's sums go to the first cache as they are. While the next unit is multiplied, row by row between its
 * steps, they become results by vector instructions, which run beside the tiles' own: scales and bias, GELU by {@link GeluTable},
 * factors, rounding; then they are written, or added to what is there.
 *
 * <p><b>Depth.</b> With more than {@value #MOST_STEPS} steps, rows and a panel would leave the first cache. The steps are then taken in
 * chunks: all panels of a group for the first chunk, whose sums are kept, and so on to the last. <b>Groups</b> of panels stay
 * in the second cache for all rows.
 *
 * <p>The order in which a number's products are summed depends on the shape alone. So a row's bits do not depend on how many rows
 * there are, nor on its place among them.
 */
final class ProductCode {
    // Where the arguments lie, each 8 bytes.
    private static final int X = 0;
    private static final int WEIGHTS = 8;
    private static final int Y = 16;
    private static final int ROWS = 24;
    private static final int SUMS = 32;
    private static final int BIAS = 40;
    private static final int SCALES = 48;
    private static final int OFFSETS = 56;
    private static final int FACTORS = 64;
    private static final int STEPS = 72;
    // What the code keeps behind them: the places of the next block of rows, and what is left to do.
    private static final int X_BLOCK = 80;
    private static final int Y_BLOCK = 88;
    private static final int STEPS_BLOCK = 96;
    private static final int ROWS_LEFT = 104;
    private static final int GROUPS_LEFT = 112;

    /** Activations for which there is code. */
    static final Set<Activation> ACTIVATIONS =
            Set.of(Activation.NONE, Activation.GELU, Activation.GELU_TANH, Activation.RELU);

    /** Columns of a panel: those of two tiles. */
    static final int PANEL = 32;

    /** A tile's row, and the depth of a step, in bytes. */
    static final int LINE = 64;

    static final int TILE = 1024;

    /** Rows of a tile. */
    private static final int TILE_ROWS = 16;

    private static final int UNIT_SUMS = 4 * TILE;
    private static final int MOST_STEPS = 12;
    private static final int MOST_CHUNKS = 64; // each has code of its own
    private static final int GROUP_BYTES = 800_000;

    private static final Reg ARGS = Reg.RDI;
    private static final Reg ROW = Reg.RAX;
    private static final Reg BY_ROW = Reg.RBX;
    private static final Reg PANELS = Reg.RCX;
    private static final Reg PART = Reg.RSI;
    private static final Reg WEIGHT = Reg.R8;
    private static final Reg BIAS_AT = Reg.R9;
    private static final Reg RESULT = Reg.R10;
    private static final Reg UNIT = Reg.R11;
    private static final Reg BY_LINE = Reg.R12;
    private static final Reg STEP = Reg.R13;
    private static final Reg SCALE = Reg.R14;
    private static final Reg OFFSET = Reg.R15;
    private static final Reg FACTOR = Reg.RBP;
    private static final Reg[] SAVED = {Reg.RBX, Reg.RBP, Reg.R12, Reg.R13, Reg.R14, Reg.R15};

    // Constants of a panel's two vectors of columns; registers 0 to 7 are for a row's, 16 to 24 are the table's.
    private static final Zmm[] BIASES = {zmm(8), zmm(9)};
    private static final Zmm[] COLUMN_SCALES = {zmm(10), zmm(11)};
    private static final Zmm[] COLUMN_OFFSETS = {zmm(12), zmm(13)};
    private static final Zmm[] COLUMN_FACTORS = {zmm(14), zmm(15)};
    private static final Zmm ZERO = zmm(25);

    /**
     * What is computed, {@code y = factor * act(...)}, of {@code x Wᵀ + bias} for bf16 and of
     * {@code step * (scale * (x Wᵀ) + offset) + bias} for codes, where a row has a step and a column has the others.
     *
     * @param in numbers that go in
     * @param out numbers that come out
     * @param coded whether of codes
     * @param output type of y: bf16 or f32
     * @param outStride numbers from one row of y to the next
     * @param add whether results are added to what y holds, which is f32 then
     * @param activation none, a GELU or ReLU
     * @param factors whether there are factors
     */
    record Shape(
            int in,
            int out,
            boolean coded,
            DType output,
            int outStride,
            boolean add,
            Activation activation,
            boolean factors) {
        Shape {
            if (add && output != DType.F32) {
                throw new IllegalArgumentException("results are added to f32, not to " + output);
            }
        }

        private int rowBytes() {
            return coded ? in : in * Short.BYTES;
        }

        private int panelBytes() {
            return rowBytes() * PANEL;
        }
    }

    /**
     * The code for a shape. Its arguments: addresses of x, of {@link TileWeights}, of y; the number of rows, a multiple of 16;
     * addresses of room for sums, of bias, scales, offsets, factors and steps, those that the shape has.
     *
     * @param sumBytes room for sums, which begins at a multiple of 64
     */
    record Made(MachineCode code, int sumBytes) {}

    private final Assembler a = new Assembler();
    private final Shape shape;
    private final int rowBytes;
    private final int resultBytes;
    private final int chunks;
    private final int steps;
    private final int group;
    private final int groups;
    private final @Nullable GeluTable gelu;

    private ProductCode(Shape shape) {
        this.shape = shape;
        rowBytes = shape.rowBytes();
        resultBytes = PANEL * shape.output().bytes();
        int allSteps = rowBytes / LINE;
        steps = largestDivisor(allSteps, MOST_STEPS);
        chunks = allSteps / steps;
        int panels = shape.out() / PANEL;
        group = largestDivisor(panels, GROUP_BYTES / shape.panelBytes());
        groups = panels / group;
        gelu = switch (shape.activation()) {
            case GELU, GELU_TANH -> new GeluTable(a, Gelu.of(shape.activation()));
            case NONE, RELU -> null;
            case SILU, TANH -> throw new IllegalArgumentException(shape + " has no code");
        };
    }

    static Made make(Shape shape) {
        var code = new ProductCode(shape);
        code.write();
        int kept = code.chunks > 1 ? code.group : 0;
        return new Made(MachineCode.of(code.a.bytes()), (1 + kept) * UNIT_SUMS);
    }

    /** Whether there is code for rows of so many bytes. */
    static boolean fits(int rowBytes) {
        int allSteps = rowBytes / LINE;
        return rowBytes % LINE == 0 && allSteps > 0 && allSteps / largestDivisor(allSteps, MOST_STEPS) <= MOST_CHUNKS;
    }

    /** Of a number, not above another if that is at least 1. */
    private static int largestDivisor(int number, int most) {
        int divisor = Math.clamp(most, 1, number);
        while (number % divisor != 0) {
            divisor--;
        }
        return divisor;
    }

    private void write() {
        a.save(SAVED);
        a.mov(ROW, AttentionConstants.ADDRESS);
        a.ldtilecfg(at(ROW, AttentionConstants.TILES));
        if (gelu != null) {
            gelu.load(ROW);
        }
        a.vpxord(ZERO, ZERO, ZERO);
        a.mov(BY_ROW, rowBytes);
        a.mov(BY_LINE, LINE);
        a.mov(UNIT, at(ARGS, SUMS));
        a.mov(ROW, groups);
        a.mov(at(ARGS, GROUPS_LEFT), ROW);
        var nextGroup = a.here();
        group();
        step(GROUPS_LEFT, -1);
        a.cmp(ROW, 0);
        a.jump(Condition.NOT_EQUAL, nextGroup);
        a.tilerelease();
        a.vzeroupper();
        a.restore(SAVED);
        a.ret();
    }

    /** All rows for some panels. */
    private void group() {
        copy(X, X_BLOCK);
        copy(Y, Y_BLOCK);
        copy(STEPS, STEPS_BLOCK);
        copy(ROWS, ROWS_LEFT);
        blocks(2);
        blocks(1);
        step(WEIGHTS, group * shape.panelBytes());
        for (int constants : new int[] {BIAS, SCALES, OFFSETS, FACTORS}) {
            step(constants, group * PANEL * Float.BYTES);
        }
        step(Y, group * resultBytes);
    }

    private void copy(int from, int to) {
        a.mov(ROW, at(ARGS, from));
        a.mov(at(ARGS, to), ROW);
    }

    private void step(int argument, int distance) {
        a.mov(ROW, at(ARGS, argument));
        a.add(ROW, distance);
        a.mov(at(ARGS, argument), ROW);
    }

    /** Blocks of one or two tiles of rows, as long as as many rows are left. */
    private void blocks(int rowTiles) {
        int rows = rowTiles * TILE_ROWS;
        var done = new Label();
        a.mov(ROW, at(ARGS, ROWS_LEFT));
        a.cmp(ROW, rows);
        a.jump(Condition.BELOW, done);
        var next = a.here();
        for (int chunk = 0; chunk < chunks; chunk++) {
            chunk(chunk, rowTiles);
        }
        step(X_BLOCK, rows * rowBytes);
        step(Y_BLOCK, rows * shape.outStride() * shape.output().bytes());
        step(STEPS_BLOCK, rows * Float.BYTES);
        step(ROWS_LEFT, -rows);
        a.cmp(ROW, rows);
        a.jump(Condition.ABOVE_OR_EQUAL, next);
        a.bind(done);
    }

    /** A block of rows for all panels of a group, some of the depth. */
    private void chunk(int chunk, int rowTiles) {
        boolean first = chunk == 0;
        a.mov(ROW, at(ARGS, X_BLOCK));
        a.add(ROW, chunk * steps * LINE);
        a.mov(WEIGHT, at(ARGS, WEIGHTS));
        a.add(WEIGHT, chunk * steps * 2 * TILE);
        a.mov(PART, at(ARGS, SUMS));
        a.add(PART, UNIT_SUMS);
        if (chunk < chunks - 1) {
            panels(group, () -> {
                sums(first, rowTiles);
                steps(rowTiles, false);
                store(PART, rowTiles);
                advance();
            });
        } else {
            a.mov(BIAS_AT, at(ARGS, BIAS));
            a.mov(SCALE, at(ARGS, SCALES));
            a.mov(OFFSET, at(ARGS, OFFSETS));
            a.mov(FACTOR, at(ARGS, FACTORS));
            a.mov(RESULT, at(ARGS, Y_BLOCK));
            a.mov(STEP, at(ARGS, STEPS_BLOCK));
            panels(1, () -> finished(first, rowTiles, false));
            panels(group - 1, () -> {
                finished(first, rowTiles, true);
                a.add(RESULT, resultBytes);
            });
            columns();
            for (int row = 0; row < rowTiles * TILE_ROWS; row++) {
                result(row);
            }
        }
    }

    private void panels(int count, Runnable body) {
        if (count > 0) {
            a.mov(PANELS, count);
            var next = a.here();
            body.run();
            a.sub(PANELS, 1);
            a.jump(Condition.NOT_EQUAL, next);
        }
    }

    /** A unit to its last step; meanwhile, the results of the one before. */
    private void finished(boolean first, int rowTiles, boolean before) {
        sums(first, rowTiles);
        if (before) {
            columns();
        }
        steps(rowTiles, before);
        store(UNIT, rowTiles);
        advance();
    }

    private void advance() {
        a.add(WEIGHT, shape.panelBytes());
        a.add(PART, UNIT_SUMS);
    }

    /** Sums 0 to 3: of row tile i and column tile j at 2 i + j. */
    private void sums(boolean first, int rowTiles) {
        for (int i = 0; i < 2 * rowTiles; i++) {
            if (first) {
                a.tilezero(tile(i));
            } else {
                a.tileloadd(tile(i), at(PART, i * TILE), BY_LINE);
            }
        }
    }

    private void store(Reg to, int rowTiles) {
        for (int i = 0; i < 2 * rowTiles; i++) {
            a.tilestored(at(to, i * TILE), BY_LINE, tile(i));
        }
    }

    private void steps(int rowTiles, boolean results) {
        int rows = rowTiles * TILE_ROWS;
        for (int step = 0; step < steps; step++) {
            a.tileloaddt1(tile(6), at(WEIGHT, step * 2 * TILE), BY_LINE);
            a.tileloadd(tile(4), at(ROW, step * LINE), BY_ROW);
            multiply(0, 4, 6);
            a.tileloaddt1(tile(7), at(WEIGHT, step * 2 * TILE + TILE), BY_LINE);
            multiply(1, 4, 7);
            if (rowTiles == 2) {
                a.tileloadd(tile(5), at(ROW, TILE_ROWS * rowBytes + step * LINE), BY_ROW);
                multiply(2, 5, 6);
                multiply(3, 5, 7);
            }
            if (results) {
                for (int row = step * rows / steps; row < (step + 1) * rows / steps; row++) {
                    result(row);
                }
            }
        }
    }

    private void multiply(int sum, int x, int weights) {
        if (shape.coded()) {
            a.tdpbusd(tile(sum), tile(x), tile(weights));
        } else {
            a.tdpbf16ps(tile(sum), tile(x), tile(weights));
        }
    }

    /** The constants of the columns whose results come next. */
    private void columns() {
        columns(BIASES, BIAS_AT);
        if (shape.coded()) {
            columns(COLUMN_SCALES, SCALE);
            columns(COLUMN_OFFSETS, OFFSET);
        }
        if (shape.factors()) {
            columns(COLUMN_FACTORS, FACTOR);
        }
    }

    private void columns(Zmm[] to, Reg from) {
        a.vmovups(to[0], at(from, 0));
        a.vmovups(to[1], at(from, LINE));
        a.add(from, PANEL * Float.BYTES);
    }

    private void result(int row) {
        var first = result(row, 0);
        var second = result(row, 1);
        var to = at(RESULT, row * shape.outStride() * shape.output().bytes());
        if (shape.output() == DType.BF16) {
            a.vcvtne2ps2bf16(first, second, first);
            a.vmovups(to, first);
            return;
        }
        if (shape.add()) {
            a.vaddps(first, first, to);
            a.vaddps(second, second, to.plus(LINE));
        }
        a.vmovups(to, first);
        a.vmovups(to.plus(LINE), second);
    }

    /** One of the two vectors of a row's results. */
    private Zmm result(int row, int column) {
        var x = zmm(4 * column);
        var sum = at(UNIT, (row / TILE_ROWS * 2 + column) * TILE + row % TILE_ROWS * LINE);
        if (shape.coded()) {
            a.vcvtdq2ps(x, sum);
            a.vfmadd213ps(x, COLUMN_SCALES[column], COLUMN_OFFSETS[column]);
            a.vfmadd132ps(x, BIASES[column], each(STEP, row * Float.BYTES));
        } else {
            a.vaddps(x, BIASES[column], sum);
        }
        if (gelu != null) {
            x = gelu.apply(x, zmm(4 * column + 1), zmm(4 * column + 2), zmm(4 * column + 3));
        } else if (shape.activation() == Activation.RELU) {
            a.vmaxps(x, ZERO, x);
        }
        if (shape.factors()) {
            a.vmulps(x, x, COLUMN_FACTORS[column]);
        }
        return x;
    }
}
