package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Label;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import ai.tutti.engine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Machine code that turns rows of f32 into integers of 16 bits in two digits ({@link DigitBytes}), each row with a scale, in
 * {@link DigitTiles}' order. The rows may come out of blocks of channels (see {@link RowLoops#toRows}); of others the norms of
 * some parts may be written, too.
 */
final class DigitSplitCode {
    // Where the arguments lie.
    private static final int X = 0;
    private static final int COUNT = 8;
    private static final int TO = 16;
    private static final int SCALES = 24;
    private static final int ROOM = 32;
    private static final int BLOCK_STRIDE = 40;
    private static final int NORMS = 48;

    // Where the constants lie.
    private static final int NOTHING = 0;
    private static final int MOST = 4;
    private static final int SHARE = 8;
    private static final int SIZE = 12;

    private static final int LINE = 64;
    private static final int LANES = 16;
    private static final int SUMS = 4; // one alone would wait for itself
    private static final int SQUARES = 16; // the first of as many registers
    /** How far ahead lines of blocks are asked for, which no cache foresees: a row's lie in as many pages as there are blocks. */
    private static final int READ_AHEAD = 16;

    private static final Reg ROW = Reg.RAX;
    private static final Reg LEFT = Reg.RCX;
    private static final Reg DIGITS = Reg.RDX;
    private static final Reg SCALE = Reg.RSI;
    private static final Reg FREE = Reg.R8;
    private static final Reg KEPT = Reg.R9; // a row in the first cache
    private static final Reg BLOCK = Reg.R10; // a row's first number in blocks
    private static final Reg STRIDE = Reg.R11; // from one block to the next
    private static final Reg NORM = Reg.R10; // only rows that do not come out of blocks have norms
    private static final Reg TILE_ROWS = Reg.RBX; // rows left of a tile

    private static final Zmm LEAST = zmm(27);
    private static final Zmm LARGEST = zmm(26);
    private static final Zmm PART = zmm(25);
    private static final Zmm FACTOR = zmm(22);
    private static final Zmm T = zmm(21);

    /** Where rows come from. */
    enum Source {
        ROWS,
        BLOCKS,
        HALF_BLOCKS
    }

    /**
     * What the code is made for.
     *
     * @param stride bytes from one row of x to the next; of blocks, a line
     * @param columns of x, a multiple of 64
     * @param parts of a row whose norms are wanted; 0 for none
     * @param unit what a one of x stands for
     */
    record Shape(Source source, int stride, int columns, int parts, float unit) {
        static Shape rows(int stride, int columns, int parts) {
            return new Shape(Source.ROWS, stride, columns, parts, 1);
        }

        static Shape blocks(Blocks blocks, int columns, float unit) {
            var source = blocks.type() == DType.F16 ? Source.HALF_BLOCKS : Source.BLOCKS;
            return new Shape(source, (int) blocks.lines().rowBytes(), columns, 0, unit);
        }
    }

    private final Assembler a = new Assembler();
    private final DigitBytes bytes = new DigitBytes(a, zmm(31), zmm(30), zmm(24), zmm(23));
    private final Shape shape;

    private DigitSplitCode(Shape shape) {
        this.shape = shape;
    }

    static byte[] of(Shape shape) {
        var code = new DigitSplitCode(shape);
        code.write();
        return code.a.bytes();
    }

    private MemorySegment constants() {
        var memory = Arena.global().allocate(SIZE, 64);
        memory.set(ValueLayout.JAVA_FLOAT, NOTHING, DigitLoops.NOTHING);
        memory.set(ValueLayout.JAVA_FLOAT, MOST, DigitLoops.MOST);
        memory.set(ValueLayout.JAVA_FLOAT, SHARE, (float) (256.0 / DigitLoops.MOST) * shape.unit());
        return memory;
    }

    private void write() {
        a.push(TILE_ROWS);
        bytes.load(FREE);
        a.mov(FREE, constants().address());
        a.vbroadcastss(LEAST, at(FREE, NOTHING));
        a.vbroadcastss(LARGEST, at(FREE, MOST));
        a.vbroadcastss(PART, at(FREE, SHARE));
        a.mov(ROW, at(Reg.RDI, X));
        a.mov(LEFT, at(Reg.RDI, COUNT));
        a.mov(DIGITS, at(Reg.RDI, TO));
        a.mov(SCALE, at(Reg.RDI, SCALES));
        a.mov(TILE_ROWS, DigitProductCode.ROWS);
        var numbers = ROW;
        if (shape.source() != Source.ROWS) {
            numbers = KEPT;
            a.mov(KEPT, at(Reg.RDI, ROOM));
            a.mov(STRIDE, at(Reg.RDI, BLOCK_STRIDE));
        }
        if (shape.parts() > 0) {
            a.mov(NORM, at(Reg.RDI, NORMS));
        }
        var next = a.here();
        for (int i = 0; i < SUMS; i++) {
            a.vmovaps(zmm(i), LEAST);
        }
        switch (shape.source()) {
            case ROWS -> rows();
            case BLOCKS, HALF_BLOCKS -> blocks();
        }
        scale();
        digits(numbers);
        a.add(ROW, shape.stride());
        a.add(DIGITS, LINE);
        a.add(SCALE, Float.BYTES);
        if (shape.parts() > 0) {
            a.add(NORM, Float.BYTES);
        }
        var sameTile = new Label();
        a.sub(TILE_ROWS, 1);
        a.jump(Condition.NOT_EQUAL, sameTile);
        a.mov(TILE_ROWS, DigitProductCode.ROWS);
        a.add(DIGITS, (2 * shape.columns() - LINE) * DigitProductCode.ROWS);
        if (shape.parts() > 0) {
            a.add(NORM, (shape.parts() - 1) * LINE);
        }
        a.bind(sameTile);
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.vzeroupper();
        a.pop(TILE_ROWS);
        a.ret();
    }

    private int vectors() {
        return shape.columns() / LANES;
    }

    private void rows() {
        for (int i = 0; i < vectors(); i++) {
            a.vrangeLargest(zmm(i % SUMS), zmm(i % SUMS), at(ROW, i * LINE));
        }
    }

    private void blocks() {
        a.mov(BLOCK, ROW);
        for (int i = 0; i < vectors(); i++) {
            var t = zmm(SUMS + i % SUMS);
            if (shape.source() == Source.HALF_BLOCKS) {
                a.vcvtph2ps(t, at(BLOCK, 0));
            } else {
                a.vmovups(t, at(BLOCK, 0));
            }
            a.prefetcht0(at(BLOCK, READ_AHEAD * shape.stride()));
            a.add(BLOCK, STRIDE);
            keep(i, t);
        }
    }

    /** Keeps a row's numbers and the largest of them. */
    private void keep(int i, Zmm numbers) {
        a.vmovups(at(KEPT, i * LINE), numbers);
        a.vrangeLargest(zmm(i % SUMS), zmm(i % SUMS), numbers);
    }

    /** The row's scale, and in {@link #FACTOR} what its numbers are multiplied by. */
    private void scale() {
        Reduction.ofFour(a, 0, T, a::vmaxps);
        a.vdivps(FACTOR, LARGEST, zmm(0));
        a.vmulps(zmm(0), zmm(0), PART);
        a.vmovss(at(SCALE, 0), zmm(0));
    }

    private void digits(Reg numbers) {
        int groups = shape.columns() / DigitBytes.NUMBERS;
        for (int i = 0; i < groups; i++) {
            int inPart = shape.parts() > 0 ? i % (groups / shape.parts()) : -1;
            if (inPart == 0) {
                clear(SQUARES, SUMS);
            }
            digits(numbers, i % 4 * 4, i * DigitBytes.NUMBERS * Float.BYTES, 2 * i * DigitProductCode.TILE);
            if (inPart == groups / Math.max(1, shape.parts()) - 1) {
                norm(i * shape.parts() / groups);
            }
        }
    }

    private void digits(Reg numbers, int first, int from, int to) {
        for (int i = 0; i < DigitBytes.NUMBERS / LANES; i++) {
            var number = zmm(first + i);
            a.vmovups(number, at(numbers, from + i * LINE));
            if (shape.parts() > 0) {
                a.vfmadd231ps(zmm(SQUARES + i), number, number);
            }
            bytes.whole(number, FACTOR);
        }
        bytes.lay(zmm(first), zmm(first + 1), zmm(first + 2), zmm(first + 3));
        a.vmovups(at(DIGITS, to), zmm(first + 1));
        a.vmovups(at(DIGITS, to + DigitProductCode.TILE), zmm(first));
    }

    private void clear(int first, int count) {
        for (int i = first; i < first + count; i++) {
            a.vpxord(zmm(i), zmm(i), zmm(i));
        }
    }

    private void norm(int part) {
        var sum = zmm(SQUARES);
        Reduction.ofFour(a, SQUARES, T, a::vaddps);
        a.vsqrtps(sum, sum);
        a.vmovss(at(NORM, part * LINE), sum);
    }
}
