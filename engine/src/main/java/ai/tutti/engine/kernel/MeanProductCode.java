package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;
import static ai.tutti.engine.kernel.Assembler.tile;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Label;
import ai.tutti.engine.kernel.Assembler.Reg;

/**
 * Machine code for products in bf16 that are exact for the rows' mean (see {@link MeanTiles}) with AMX.
 *
 * <p><b>Bias.</b> For each panel of {@value ProductCode#PANEL} columns, the mean is first multiplied by what bf16 leaves of the
 * weights, both in bytes: a tile whose rows are all the mean, read from one line sixteen times. With the bias, that is what the
 * panel's sums begin with, again a tile of one line. So there is nothing to be done with the sums afterwards: they are stored
 * where they belong.
 *
 * <p><b>Caches.</b> A unit is two tiles of rows by the panel's two of columns, four tiles read for four products. While all rows go
 * by, out of the second cache, the weights of the first {@value #KEPT_STEPS} steps stay in the first one, which has just room for
 * them and for the sums on their way out; the others come from the second as well. (In two halves, each of which stays, all sums
 * are read and written once more, which takes longer.) The next panel's lines are asked for meanwhile.
 */
final class MeanProductCode {
    /** Numbers of a tile's row: inputs of one step. */
    static final int DEPTH = 32;

    /** Rows of a tile. */
    static final int ROWS = 16;

    /** Bytes that the code wants to itself. */
    static final int ROOM_BYTES = 128;

    // Where the arguments lie.
    private static final int X = 0;
    private static final int ROW_TILES = 8;
    private static final int WEIGHTS = 16;
    private static final int RESTS = 24;
    private static final int REST_SCALES = 32;
    private static final int MEAN = 40;
    private static final int BIAS = 48;
    private static final int Y = 56;
    private static final int PANELS = 64;
    private static final int ROOM = 72;

    private static final int LINE = ProductCode.LINE;
    private static final int TILE = ProductCode.TILE;
    private static final int COLUMN_TILES = 2;
    private static final int KEPT_STEPS = 20;

    private static final Reg ARGUMENTS = Reg.RDI;
    private static final Reg ROW = Reg.RAX;
    private static final Reg WEIGHT = Reg.RCX;
    private static final Reg RESULT = Reg.RDX;
    private static final Reg REST = Reg.RSI;
    private static final Reg BIASES = Reg.R8;
    private static final Reg BY_LINE = Reg.R9;
    private static final Reg BY_ROW = Reg.R10;
    private static final Reg SAME = Reg.R11; // 0, the distance from a line to itself
    private static final Reg LEFT = Reg.RBX;
    private static final Reg WEIGHTS_AHEAD = Reg.R12;
    private static final Reg RESTS_AHEAD = Reg.R13;
    private static final Reg FREE = Reg.R14;
    private static final Reg[] SAVED = {Reg.RBX, Reg.R12, Reg.R13, Reg.R14};

    // Tiles 0 to 3 are sums: of row tile i and column tile j at 2 i + j.
    private static final int ROW_TILE = 4;
    private static final int WEIGHT_TILE = 6;

    /**
     * What the code is made for.
     *
     * @param in inputs, a multiple of 64
     * @param yStride bytes from one row of y to the next
     */
    record Shape(int in, int yStride) {
        /** Bytes of a tile of rows. */
        private int rowTileBytes() {
            return in / DEPTH * TILE;
        }

        private int panelBytes() {
            return in / DEPTH * COLUMN_TILES * TILE;
        }

        private int restBytes() {
            return panelBytes() / Short.BYTES;
        }
    }

    private final Assembler a = new Assembler();
    private final Shape shape;
    private final int steps;

    private MeanProductCode(Shape shape) {
        this.shape = shape;
        steps = shape.in() / DEPTH;
    }

    static byte[] of(Shape shape) {
        var code = new MeanProductCode(shape);
        code.write();
        return code.a.bytes();
    }

    private void write() {
        a.save(SAVED);
        a.mov(FREE, AttentionConstants.ADDRESS);
        a.ldtilecfg(at(FREE, AttentionConstants.TILES));
        a.mov(BIASES, at(ARGUMENTS, ROOM));
        a.mov(BY_LINE, LINE);
        a.mov(BY_ROW, shape.yStride());
        a.mov(SAME, 0);
        var next = a.here();
        panel();
        a.sub(at(ARGUMENTS, PANELS), 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.tilerelease();
        a.vzeroupper();
        a.restore(SAVED);
        a.ret();
    }

    private void panel() {
        bias();
        a.mov(WEIGHT, at(ARGUMENTS, WEIGHTS));
        a.mov(WEIGHTS_AHEAD, WEIGHT);
        a.add(WEIGHTS_AHEAD, shape.panelBytes());
        a.mov(RESTS_AHEAD, at(ARGUMENTS, RESTS));
        a.add(RESTS_AHEAD, shape.restBytes());
        a.mov(ROW, at(ARGUMENTS, X));
        a.mov(RESULT, at(ARGUMENTS, Y));
        a.mov(LEFT, at(ARGUMENTS, ROW_TILES));
        units(2);
        units(1);
        a.add(at(ARGUMENTS, WEIGHTS), shape.panelBytes());
        a.add(at(ARGUMENTS, RESTS), shape.restBytes());
        a.add(at(ARGUMENTS, REST_SCALES), COLUMN_TILES * LINE);
        a.add(at(ARGUMENTS, BIAS), COLUMN_TILES * LINE);
        a.add(at(ARGUMENTS, Y), COLUMN_TILES * LINE);
    }

    /** What the panel's sums begin with, to {@link #BIASES}. */
    private void bias() {
        a.mov(REST, at(ARGUMENTS, RESTS));
        a.mov(ROW, at(ARGUMENTS, MEAN));
        for (int j = 0; j < COLUMN_TILES; j++) {
            a.tilezero(tile(j));
        }
        for (int at = 0; at < shape.in(); at += LINE) {
            a.tileloadd(tile(ROW_TILE), at(ROW, at), SAME);
            for (int j = 0; j < COLUMN_TILES; j++) {
                a.tileloaddt1(tile(WEIGHT_TILE + j), at(REST, j * TILE), BY_LINE);
                a.tdpbssd(tile(j), tile(ROW_TILE), tile(WEIGHT_TILE + j));
            }
            a.add(REST, COLUMN_TILES * TILE);
        }
        a.mov(FREE, at(ARGUMENTS, REST_SCALES));
        a.mov(REST, at(ARGUMENTS, BIAS));
        for (int j = 0; j < COLUMN_TILES; j++) {
            a.tilestored(at(BIASES, j * LINE), SAME, tile(j));
        }
        for (int j = 0; j < COLUMN_TILES; j++) {
            var sum = zmm(2 * j);
            var scale = zmm(2 * j + 1);
            a.vcvtdq2ps(sum, at(BIASES, j * LINE));
            a.vmovups(scale, at(FREE, j * LINE));
            a.vmulps(scale, scale, each(ROW, shape.in()));
            a.vfmadd213ps(sum, scale, at(REST, j * LINE));
            a.vmovups(at(BIASES, j * LINE), sum);
        }
    }

    /** Units of one or two tiles of rows, as long as as many are left. */
    private void units(int rowTiles) {
        var done = new Label();
        a.cmp(LEFT, rowTiles);
        a.jump(Condition.BELOW, done);
        var next = a.here();
        unit(rowTiles);
        a.add(ROW, rowTiles * shape.rowTileBytes());
        a.add(RESULT, rowTiles * ROWS * shape.yStride());
        a.sub(LEFT, rowTiles);
        a.cmp(LEFT, rowTiles);
        a.jump(Condition.ABOVE_OR_EQUAL, next);
        a.bind(done);
    }

    private void unit(int rowTiles) {
        for (int i = 0; i < rowTiles; i++) {
            for (int j = 0; j < COLUMN_TILES; j++) {
                a.tileloadd(tile(2 * i + j), at(BIASES, j * LINE), SAME);
            }
        }
        for (int step = 0; step < steps; step++) {
            for (int i = 0; i < rowTiles; i++) {
                a.tileloaddt1(tile(ROW_TILE + i), at(ROW, i * shape.rowTileBytes() + step * TILE), BY_LINE);
                for (int j = 0; j < COLUMN_TILES; j++) {
                    if (i == 0) {
                        weights(step, j);
                    }
                    a.tdpbf16ps(tile(2 * i + j), tile(ROW_TILE + i), tile(WEIGHT_TILE + j));
                }
            }
            ahead(step);
        }
        a.add(WEIGHTS_AHEAD, 2 * steps * LINE);
        a.add(RESTS_AHEAD, steps * LINE);
        for (int i = 0; i < rowTiles; i++) {
            for (int j = 0; j < COLUMN_TILES; j++) {
                a.tilestored(at(RESULT, i * ROWS * shape.yStride() + j * LINE), BY_ROW, tile(2 * i + j));
            }
        }
    }

    private void weights(int step, int j) {
        var to = tile(WEIGHT_TILE + j);
        var from = at(WEIGHT, (step * COLUMN_TILES + j) * TILE);
        if (step < KEPT_STEPS) {
            a.tileloadd(to, from, BY_LINE);
        } else {
            a.tileloaddt1(to, from, BY_LINE);
        }
    }

    /** Asks for lines of the next panel: with 512 rows, all of them. */
    private void ahead(int step) {
        a.prefetcht1(at(WEIGHTS_AHEAD, 2 * step * LINE));
        a.prefetcht1(at(WEIGHTS_AHEAD, (2 * step + 1) * LINE));
        a.prefetcht1(at(RESTS_AHEAD, step * LINE));
    }
}
