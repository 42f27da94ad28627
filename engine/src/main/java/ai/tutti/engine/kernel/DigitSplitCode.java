package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Label;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Machine code that turns rows of f32 into integers of 16 bits in two digits, each row with a scale, in {@link DigitTiles}' order; the
 * rows may come out of blocks of channels (see {@link RowLoops#toRows}).
 *
 * <p>A row's largest number becomes 127 * 256 + 127. Added to 1.5 * 2^23 + 128, a number's nearest integer q lies in the sum's
 * last bits as q + 128, whose second byte is the high digit and whose first is 128 more than the low one. Of four vectors a, b, c
 * and d of such sums the bytes are laid together number by number, {@code a c b d}, as shifts and selections give them; the
 * weights' order is the same ({@link #place}).
 */
final class DigitSplitCode {
    // Where the arguments lie.
    private static final int X = 0;
    private static final int COUNT = 8;
    private static final int TO = 16;
    private static final int SCALES = 24;
    private static final int ROOM = 32;
    private static final int BLOCK_STRIDE = 40;

    // Where the constants lie.
    private static final int LOW_WORDS = 0;
    private static final int LOW_BYTES = 4;
    private static final int NOTHING = 8;
    private static final int MOST = 12;
    private static final int SHARE = 16;
    private static final int WHOLE = 20;
    private static final int FLIP = 24;
    private static final int SIZE = 28;
    private static final long CONSTANTS = constants().address();

    private static final int LINE = 64;
    private static final int LANES = 16;
    private static final int NUMBERS_AT_ONCE = 64;
    private static final int SUMS = 4; // one alone would wait for itself
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
    private static final Reg TILE_ROWS = Reg.RBX; // rows left of a tile

    /** For {@link Assembler#vpternlogd}: the first's bits where the second has ones, and the third's elsewhere. */
    private static final int CHOOSE = 0xe2;

    private static final Zmm LOW_WORD = zmm(31);
    private static final Zmm LOW_BYTE = zmm(30);
    private static final Zmm LEAST = zmm(27);
    private static final Zmm LARGEST = zmm(26);
    private static final Zmm PART = zmm(25);
    private static final Zmm TO_WHOLE = zmm(24);
    private static final Zmm FLIPPED = zmm(23);
    private static final Zmm FACTOR = zmm(22);
    private static final Zmm T = zmm(21);

    /** Where rows come from. */
    enum Source {
        ROWS,
        BLOCKS
    }

    /**
     * What the code is made for.
     *
     * @param stride bytes from one row of x to the next; of blocks, a line
     * @param columns of x, a multiple of 64
     */
    record Shape(Source source, int stride, int columns) {
        static Shape rows(int stride, int columns) {
            return new Shape(Source.ROWS, stride, columns);
        }

        static Shape blocks(int columns) {
            return new Shape(Source.BLOCKS, LINE, columns);
        }
    }

    private final Assembler a = new Assembler();
    private final Shape shape;

    private DigitSplitCode(Shape shape) {
        this.shape = shape;
    }

    static byte[] of(Shape shape) {
        var code = new DigitSplitCode(shape);
        code.write();
        return code.a.bytes();
    }

    private static MemorySegment constants() {
        var memory = Arena.global().allocate(SIZE, 64);
        memory.set(ValueLayout.JAVA_INT, LOW_WORDS, 0xffff);
        memory.set(ValueLayout.JAVA_INT, LOW_BYTES, 0xff00ff);
        memory.set(ValueLayout.JAVA_FLOAT, NOTHING, DigitLoops.NOTHING);
        memory.set(ValueLayout.JAVA_FLOAT, MOST, DigitLoops.MOST);
        memory.set(ValueLayout.JAVA_FLOAT, SHARE, (float) (256.0 / DigitLoops.MOST));
        memory.set(ValueLayout.JAVA_FLOAT, WHOLE, 0x1.8p23f + 128);
        memory.set(ValueLayout.JAVA_INT, FLIP, 0x80808080);
        return memory;
    }

    private void write() {
        a.push(TILE_ROWS);
        a.mov(FREE, CONSTANTS);
        a.vbroadcastss(LOW_WORD, at(FREE, LOW_WORDS));
        a.vbroadcastss(LOW_BYTE, at(FREE, LOW_BYTES));
        a.vbroadcastss(LEAST, at(FREE, NOTHING));
        a.vbroadcastss(LARGEST, at(FREE, MOST));
        a.vbroadcastss(PART, at(FREE, SHARE));
        a.vbroadcastss(TO_WHOLE, at(FREE, WHOLE));
        a.vbroadcastss(FLIPPED, at(FREE, FLIP));
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
        var next = a.here();
        for (int i = 0; i < SUMS; i++) {
            a.vmovaps(zmm(i), LEAST);
        }
        switch (shape.source()) {
            case ROWS -> rows();
            case BLOCKS -> blocks();
        }
        scale();
        digits(numbers);
        a.add(ROW, shape.stride());
        a.add(DIGITS, LINE);
        a.add(SCALE, Float.BYTES);
        var sameTile = new Label();
        a.sub(TILE_ROWS, 1);
        a.jump(Condition.NOT_EQUAL, sameTile);
        a.mov(TILE_ROWS, DigitProductCode.ROWS);
        a.add(DIGITS, (2 * shape.columns() - LINE) * DigitProductCode.ROWS);
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
            a.vmovups(t, at(BLOCK, 0));
            a.prefetcht0(at(BLOCK, READ_AHEAD * LINE));
            a.add(BLOCK, STRIDE);
            keep(i, t);
        }
    }

    /** Keeps a row's numbers and the largest of them. */
    private void keep(int i, Zmm numbers) {
        a.vmovups(at(KEPT, i * LINE), numbers);
        a.vrangeLargest(zmm(i % SUMS), zmm(i % SUMS), numbers);
    }

    /** The largest of four registers' numbers, in every number of the first. */
    private void largest() {
        var largest = zmm(0);
        a.vmaxps(largest, largest, zmm(1));
        a.vmaxps(zmm(2), zmm(2), zmm(3));
        a.vmaxps(largest, largest, zmm(2));
        a.vshuff32x4(T, largest, largest, 0x4e);
        a.vmaxps(largest, largest, T);
        a.vshuff32x4(T, largest, largest, 0xb1);
        a.vmaxps(largest, largest, T);
        a.vshufps(T, largest, largest, 0x4e);
        a.vmaxps(largest, largest, T);
        a.vshufps(T, largest, largest, 0xb1);
        a.vmaxps(largest, largest, T);
    }

    /** The row's scale, and in {@link #FACTOR} what its numbers are multiplied by. */
    private void scale() {
        largest();
        a.vdivps(FACTOR, LARGEST, zmm(0));
        a.vmulps(zmm(0), zmm(0), PART);
        a.vmovss(at(SCALE, 0), zmm(0));
    }

    private void digits(Reg numbers) {
        for (int i = 0; i < shape.columns() / NUMBERS_AT_ONCE; i++) {
            digits(numbers, i % 4 * 4, i * NUMBERS_AT_ONCE * Float.BYTES, 2 * i * DigitProductCode.TILE);
        }
    }

    private void digits(Reg numbers, int first, int from, int to) {
        for (int i = 0; i < NUMBERS_AT_ONCE / LANES; i++) {
            a.vmovups(zmm(first + i), at(numbers, from + i * LINE));
            a.vfmadd213ps(zmm(first + i), FACTOR, TO_WHOLE);
        }
        var words = zmm(first);
        var others = zmm(first + 2);
        var high = zmm(first + 1);
        lay(words, zmm(first + 1));
        lay(others, zmm(first + 3));
        a.vpsrld(high, words, Byte.SIZE);
        a.vpternlogd(high, LOW_BYTE, others, CHOOSE);
        a.vpslld(others, others, Byte.SIZE);
        a.vpternlogd(words, LOW_BYTE, others, CHOOSE);
        a.vpxord(words, words, FLIPPED);
        a.vmovups(at(DIGITS, to), high);
        a.vmovups(at(DIGITS, to + DigitProductCode.TILE), words);
    }

    /** The lower words of two vectors, number by number. */
    private void lay(Zmm one, Zmm other) {
        a.vpslld(other, other, Short.SIZE);
        a.vpternlogd(one, LOW_WORD, other, CHOOSE);
    }

    /**
     * Where in its 64 digits one of 64 numbers comes to lie.
     *
     * @param i from 0 to 63
     */
    static int place(int i) {
        int vector = i / LANES;
        return i % LANES * 4 + (vector % 2) * 2 + vector / 2;
    }
}
