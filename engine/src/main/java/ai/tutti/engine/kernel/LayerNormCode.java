package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Label;
import ai.tutti.engine.kernel.Assembler.Memory;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Machine code for a layer norm over rows of f32 that writes f32 over them, and bf16 or codes ({@link CodeLoops}) beside them: each
 * row is read from memory once, its mean, its variance around that mean and its results come out of the first cache or of
 * registers. Other rows of f32 may be added first. Or f32 or f16 goes to blocks of channels, the bf16 to {@link MeanTiles}' tiles,
 * and the sum of all rows is made as well.
 */
final class LayerNormCode {
    /** Rows have a multiple of so many numbers. */
    static final int NUMBERS = 32;

    /** Rows have at most so many numbers: the code is some bytes for each vector of them, with no loop. */
    static final int MOST = 4096;

    // Where the arguments lie.
    private static final int ROWS = 0;
    private static final int LEFT = 8;
    private static final int COPY = 16;
    private static final int SCALE = 24;
    private static final int SHIFT = 32;
    private static final int ADDED = 40;
    private static final int FACTORS = 48;
    private static final int STEPS = 56;
    private static final int ROOM = 64;
    private static final int BLOCKS = 40;
    private static final int BLOCK_STRIDE = 48;
    private static final int TOTALS = 56;

    // Where the constants lie.
    private static final int SHARE = 0;
    private static final int EPSILON = 4;
    private static final int ONE = 8;

    private static final int LINE = 64;
    private static final int LANES = 16;
    private static final int SUMS = 4; // one alone would wait for itself
    private static final int HELD = 24; // vectors of a row that stay in registers
    private static final int TILE_ROWS = 16;

    /** How far ahead lines of blocks are asked for: a row's lie in as many pages as there are blocks, which no cache foresees. */
    private static final int WRITE_AHEAD = 8;

    private static final Reg ROW = Reg.RAX;
    private static final Reg COUNT = Reg.RCX;
    private static final Reg HALVES = Reg.RDX;
    private static final Reg FACTOR = Reg.RSI;
    private static final Reg ADDEND = Reg.R8;
    private static final Reg CONSTANTS = Reg.R9;
    private static final Reg OTHER = Reg.R10;
    private static final Reg CODE_FACTOR = Reg.R10;
    private static final Reg STEP = Reg.R11;
    private static final Reg CODE_CONSTANTS = Reg.RBX;
    private static final Reg BEHIND = Reg.RDI;
    private static final Reg FIRST_BLOCK = Reg.RDI;
    private static final Reg BLOCK = Reg.R10;
    private static final Reg STRIDE = Reg.R11; // from one block to the next
    private static final Reg TOTAL = Reg.RBX;
    private static final Reg TILE_LEFT = Reg.R12; // rows of a tile
    private static final Reg[] SAVED = {Reg.RBX, Reg.R12};
    private static final Zmm MEAN = zmm(28);
    private static final Zmm T = zmm(29);
    private static final Zmm U = zmm(30);
    private static final Zmm V = zmm(31);

    /** What is written: f32 over the rows and what is said beside them; or f32 or f16 to blocks, bf16 to tiles and totals. */
    private enum Results {
        BF16,
        CODES,
        BLOCKS,
        HALF_BLOCKS
    }

    private final Assembler a = new Assembler();
    private final int vectors;
    private final int stride;
    private final float epsilon;
    private final boolean adds;
    private final Results results;
    private final int zero;
    private final RowSteps steps = new RowSteps(a, zmm(26), zmm(27), T, CODE_CONSTANTS);

    private LayerNormCode(int columns, int stride, float epsilon, boolean adds, Results results, int zero) {
        vectors = columns / LANES;
        this.stride = stride;
        this.epsilon = epsilon;
        this.adds = adds;
        this.results = results;
        this.zero = zero;
    }

    /**
     * The code for rows of so many numbers.
     *
     * @param adds whether other rows are added first
     */
    static byte[] of(int columns, float epsilon, boolean adds) {
        var code = new LayerNormCode(columns, columns * Float.BYTES, epsilon, adds, Results.BF16, 0);
        code.write();
        return code.a.bytes();
    }

    /**
     * The code for rows of so many numbers that writes codes instead of bf16.
     *
     * @param zero the code of 0
     */
    static byte[] coding(int columns, float epsilon, int zero) {
        var code = new LayerNormCode(columns, columns * Float.BYTES, epsilon, false, Results.CODES, zero);
        code.write();
        return code.a.bytes();
    }

    /**
     * The code for rows of so many numbers that writes blocks, tiles and totals, and leaves the rows as they are.
     *
     * @param stride bytes from one row to the next
     * @param halves whether blocks are f16, and not f32
     */
    static byte[] blocks(int columns, int stride, float epsilon, boolean halves) {
        var results = halves ? Results.HALF_BLOCKS : Results.BLOCKS;
        var code = new LayerNormCode(columns, stride, epsilon, false, results, 0);
        code.write();
        return code.a.bytes();
    }

    /** Bytes of room that {@link #coding} needs for a row. */
    static int room(int columns) {
        return Math.max(LINE, columns * Float.BYTES - HELD * LINE);
    }

    private boolean codes() {
        return results == Results.CODES;
    }

    private boolean blocks() {
        return results == Results.BLOCKS || results == Results.HALF_BLOCKS;
    }

    /** Bytes of a block's position. */
    private int blockLine() {
        return results == Results.HALF_BLOCKS ? LINE / 2 : LINE;
    }

    private MemorySegment constants() {
        var memory = Arena.global().allocate(12, 64);
        memory.set(ValueLayout.JAVA_FLOAT, SHARE, 1f / (vectors * LANES));
        memory.set(ValueLayout.JAVA_FLOAT, EPSILON, epsilon);
        memory.set(ValueLayout.JAVA_FLOAT, ONE, 1);
        return memory;
    }

    private void write() {
        a.save(SAVED);
        a.mov(ROW, at(Reg.RDI, ROWS));
        a.mov(COUNT, at(Reg.RDI, LEFT));
        a.mov(HALVES, at(Reg.RDI, COPY));
        a.mov(FACTOR, at(Reg.RDI, SCALE));
        a.mov(ADDEND, at(Reg.RDI, SHIFT));
        if (adds) {
            a.mov(OTHER, at(Reg.RDI, ADDED));
        }
        a.mov(CONSTANTS, constants().address());
        if (codes()) {
            steps.load(zero);
            a.mov(CODE_FACTOR, at(Reg.RDI, FACTORS));
            a.mov(STEP, at(Reg.RDI, STEPS));
            a.mov(BEHIND, at(Reg.RDI, ROOM));
        }
        if (blocks()) {
            a.mov(TILE_LEFT, TILE_ROWS);
            a.mov(TOTAL, at(Reg.RDI, TOTALS));
            a.mov(STRIDE, at(Reg.RDI, BLOCK_STRIDE));
            a.mov(FIRST_BLOCK, at(Reg.RDI, BLOCKS));
        }
        var next = a.here();
        mean();
        spread();
        switch (results) {
            case BF16 -> {
                results(LINE);
                a.add(HALVES, vectors * LINE / 2);
            }
            case CODES -> {
                codedResults();
                a.add(HALVES, vectors * LANES);
                a.add(STEP, Float.BYTES);
            }
            case BLOCKS, HALF_BLOCKS -> {
                a.mov(BLOCK, FIRST_BLOCK);
                results(TILE_ROWS * LINE);
                a.add(FIRST_BLOCK, blockLine());
                nextTileRow();
            }
        }
        a.add(ROW, stride);
        if (adds) {
            a.add(OTHER, vectors * LINE);
        }
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.vzeroupper();
        a.restore(SAVED);
        a.ret();
    }

    private static Zmm sum(int i) {
        return zmm(HELD + i % SUMS);
    }

    private Memory number(int i) {
        return at(ROW, i * LINE);
    }

    private void mean() {
        clear();
        for (int i = 0; i < vectors; i++) {
            var held = i < HELD ? zmm(i) : T;
            a.vmovups(held, number(i));
            if (adds) {
                a.vaddps(held, held, at(OTHER, i * LINE));
            }
            if (adds && i >= HELD) {
                a.vmovups(number(i), held);
            }
            a.vaddps(sum(i), sum(i), held);
        }
        total();
        a.vmulps(MEAN, sum(0), each(CONSTANTS, SHARE));
    }

    /** One divided by the standard deviation, in every number of the first sum. */
    private void spread() {
        clear();
        for (int i = 0; i < vectors; i++) {
            if (i < HELD) {
                a.vsubps(zmm(i), zmm(i), MEAN);
                a.vfmadd231ps(sum(i), zmm(i), zmm(i));
            } else {
                a.vmovups(T, number(i));
                a.vsubps(T, T, MEAN);
                a.vfmadd231ps(sum(i), T, T);
            }
        }
        total();
        a.vmulps(sum(0), sum(0), each(CONSTANTS, SHARE));
        a.vaddps(sum(0), sum(0), each(CONSTANTS, EPSILON));
        a.vsqrtps(sum(0), sum(0));
        a.vbroadcastss(T, at(CONSTANTS, ONE));
        a.vdivps(sum(0), T, sum(0));
    }

    /** @param apart bytes from one vector of bf16 to the next */
    private void results(int apart) {
        for (int i = 0; i < vectors; i += 2) {
            result(i, T);
            result(i + 1, U);
            a.vcvtne2ps2bf16(V, U, T);
            a.vmovups(at(HALVES, i / 2 * apart), V);
        }
    }

    /** A row's bf16 lies in as many tiles as it has pairs of vectors. */
    private void nextTileRow() {
        var sameTile = new Label();
        a.add(HALVES, LINE);
        a.sub(TILE_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, sameTile);
        a.mov(TILE_LEFT, TILE_ROWS);
        a.add(HALVES, (vectors / 2 - 1) * TILE_ROWS * LINE);
        a.bind(sameTile);
    }

    private void codedResults() {
        steps.clear();
        for (int i = 0; i < vectors; i++) {
            var held = i < HELD ? zmm(i) : U;
            result(i, U);
            a.vmulps(held, U, at(CODE_FACTOR, i * LINE));
            steps.see(held);
            if (i >= HELD) {
                a.vmovups(at(BEHIND, (i - HELD) * LINE), held);
            }
        }
        var per = steps.step(at(STEP, 0));
        for (int i = 0; i < vectors; i++) {
            var held = i < HELD ? zmm(i) : U;
            if (i >= HELD) {
                a.vmovups(held, at(BEHIND, (i - HELD) * LINE));
            }
            a.vfmadd213ps(held, per, steps.whole());
            a.vpmovdb(at(HALVES, i * LANES), held);
        }
    }

    private void result(int i, Zmm to) {
        if (i < HELD) {
            a.vmulps(to, zmm(i), sum(0));
        } else {
            a.vmovups(to, number(i));
            a.vsubps(to, to, MEAN);
            a.vmulps(to, to, sum(0));
        }
        a.vmovups(V, at(ADDEND, i * LINE));
        a.vfmadd231ps(V, to, at(FACTOR, i * LINE));
        a.vmovaps(to, V);
        if (blocks()) {
            if (results == Results.HALF_BLOCKS) {
                a.vcvtps2ph(at(BLOCK, 0), to);
            } else {
                a.vmovups(at(BLOCK, 0), to);
            }
            a.prefetcht1(at(BLOCK, WRITE_AHEAD * blockLine()));
            a.add(BLOCK, STRIDE);
            a.vaddps(V, V, at(TOTAL, i * LINE));
            a.vmovups(at(TOTAL, i * LINE), V);
        } else {
            a.vmovups(number(i), to);
        }
    }

    private void clear() {
        for (int i = 0; i < SUMS; i++) {
            a.vpxord(sum(i), sum(i), sum(i));
        }
    }

    /** All sums' numbers, in every number of the first. */
    private void total() {
        Reduction.ofFour(a, HELD, T, a::vaddps);
    }
}
