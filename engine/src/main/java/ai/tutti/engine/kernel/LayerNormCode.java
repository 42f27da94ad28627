package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Memory;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Machine code for a layer norm over rows of f32 that writes f32 over them, and bf16 or codes ({@link CodeLoops}) beside them: each
 * row is read from memory once, its mean, its variance around that mean and its results come out of the first cache or of
 * registers. Other rows of f32 may be added first.
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

    // Where the constants lie.
    private static final int SHARE = 0;
    private static final int EPSILON = 4;
    private static final int ONE = 8;

    private static final int LINE = 64;
    private static final int LANES = 16;
    private static final int SUMS = 4; // one alone would wait for itself
    private static final int HELD = 24; // vectors of a row that stay in registers

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
    private static final Zmm MEAN = zmm(28);
    private static final Zmm T = zmm(29);
    private static final Zmm U = zmm(30);
    private static final Zmm V = zmm(31);

    private final Assembler a = new Assembler();
    private final int vectors;
    private final float epsilon;
    private final boolean adds;
    private final int zero;
    private final RowSteps steps = new RowSteps(a, zmm(26), zmm(27), T, CODE_CONSTANTS);

    private LayerNormCode(int columns, float epsilon, boolean adds, int zero) {
        vectors = columns / LANES;
        this.epsilon = epsilon;
        this.adds = adds;
        this.zero = zero;
    }

    /**
     * The code for rows of so many numbers.
     *
     * @param adds whether other rows are added first
     */
    static byte[] of(int columns, float epsilon, boolean adds) {
        var code = new LayerNormCode(columns, epsilon, adds, 0);
        code.write();
        return code.a.bytes();
    }

    /**
     * The code for rows of so many numbers that writes codes instead of bf16.
     *
     * @param zero the code of 0
     */
    static byte[] coding(int columns, float epsilon, int zero) {
        var code = new LayerNormCode(columns, epsilon, false, zero);
        code.write();
        return code.a.bytes();
    }

    /** Bytes of room that {@link #coding} needs for a row. */
    static int room(int columns) {
        return Math.max(LINE, columns * Float.BYTES - HELD * LINE);
    }

    private boolean codes() {
        return zero > 0;
    }

    private MemorySegment constants() {
        var memory = Arena.global().allocate(12, 64);
        memory.set(ValueLayout.JAVA_FLOAT, SHARE, 1f / (vectors * LANES));
        memory.set(ValueLayout.JAVA_FLOAT, EPSILON, epsilon);
        memory.set(ValueLayout.JAVA_FLOAT, ONE, 1);
        return memory;
    }

    private void write() {
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
            a.push(CODE_CONSTANTS);
            steps.load(zero);
            a.mov(CODE_FACTOR, at(Reg.RDI, FACTORS));
            a.mov(STEP, at(Reg.RDI, STEPS));
            a.mov(BEHIND, at(Reg.RDI, ROOM));
        }
        var next = a.here();
        mean();
        spread();
        if (codes()) {
            codedResults();
        } else {
            results();
        }
        a.add(ROW, vectors * LINE);
        a.add(HALVES, codes() ? vectors * LANES : vectors * LINE / 2);
        if (codes()) {
            a.add(STEP, Float.BYTES);
        }
        if (adds) {
            a.add(OTHER, vectors * LINE);
        }
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.vzeroupper();
        if (codes()) {
            a.pop(CODE_CONSTANTS);
        }
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

    private void results() {
        for (int i = 0; i < vectors; i += 2) {
            result(i, T);
            result(i + 1, U);
            a.vcvtne2ps2bf16(V, U, T);
            a.vmovups(at(HALVES, i / 2 * LINE), V);
        }
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
        a.vmovups(number(i), to);
    }

    private void clear() {
        for (int i = 0; i < SUMS; i++) {
            a.vpxord(sum(i), sum(i), sum(i));
        }
    }

    /** All sums' numbers, in every number of the first. */
    private void total() {
        a.vaddps(sum(0), sum(0), sum(1));
        a.vaddps(sum(2), sum(2), sum(3));
        a.vaddps(sum(0), sum(0), sum(2));
        a.vshuff32x4(T, sum(0), sum(0), 0x4e);
        a.vaddps(sum(0), sum(0), T);
        a.vshuff32x4(T, sum(0), sum(0), 0xb1);
        a.vaddps(sum(0), sum(0), T);
        a.vshufps(T, sum(0), sum(0), 0x4e);
        a.vaddps(sum(0), sum(0), T);
        a.vshufps(T, sum(0), sum(0), 0xb1);
        a.vaddps(sum(0), sum(0), T);
    }
}
