package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Machine code for codes of rows of bf16 ({@link CodeLoops}). A row is read twice: for its largest and smallest number, and then
 * out of the first cache for its codes. A bf16's order is that of its bits, those of numbers below 0 backwards: so the
 * largest number is the largest signed word, and the smallest one the largest unsigned word, if that is one below 0.
 */
final class CodingCode {
    /** Rows have a multiple of so many numbers. */
    static final int NUMBERS = 32;

    // Where the arguments lie.
    private static final int X = 0;
    private static final int ROWS = 8;
    private static final int CODES = 16;
    private static final int STEPS = 24;
    private static final int FACTORS = 32;

    private static final int LINE = 64;
    /** Of bits of to, a and b: to's where a has ones, b's elsewhere. */
    private static final int CHOOSE = 0xe2;

    private static final Reg ROW = Reg.RAX;
    private static final Reg LEFT = Reg.RCX;
    private static final Reg CODE = Reg.RDX;
    private static final Reg STEP = Reg.RSI;
    private static final Reg CONSTANTS = Reg.R8;
    private static final Reg BITS = Reg.R9;
    private static final Reg FACTOR = Reg.R10;

    private static final Zmm MOST = zmm(24);
    private static final Zmm LEAST = zmm(25);
    private static final Zmm FREE = zmm(26);
    private static final Zmm UPPER = zmm(28);
    private static final Zmm LOW_BYTE = zmm(29);
    private static final int FIRST = 16;
    private static final Zmm SIGNED = zmm(FIRST);
    private static final Zmm UNSIGNED = zmm(FIRST + 2);

    private static final long MASKS = masks().address();

    private CodingCode() {}

    private static MemorySegment masks() {
        var memory = Arena.global().allocate(2 * Integer.BYTES, 64);
        memory.set(ValueLayout.JAVA_INT, 0, 0xffff0000);
        memory.set(ValueLayout.JAVA_INT, Integer.BYTES, 0xff);
        return memory;
    }

    /**
     * The code.
     *
     * @param columns of a row
     * @param zero the code of 0
     * @param factors whether numbers are multiplied by a factor of their column
     */
    static byte[] of(int columns, int zero, boolean factors) {
        var a = new Assembler();
        var steps = new RowSteps(a, MOST, LEAST, FREE, CONSTANTS);
        int vectors = columns / NUMBERS;
        a.mov(ROW, at(Reg.RDI, X));
        a.mov(LEFT, at(Reg.RDI, ROWS));
        a.mov(CODE, at(Reg.RDI, CODES));
        a.mov(STEP, at(Reg.RDI, STEPS));
        a.mov(FACTOR, at(Reg.RDI, FACTORS));
        steps.load(zero);
        a.mov(BITS, MASKS);
        a.vbroadcastss(UPPER, at(BITS, 0));
        a.vbroadcastss(LOW_BYTE, at(BITS, Integer.BYTES));
        var next = a.here();
        if (factors) {
            multiplied(a, steps, 2 * vectors);
        } else {
            plain(a, steps, vectors);
        }
        a.add(ROW, vectors * LINE);
        a.add(CODE, columns);
        a.add(STEP, Float.BYTES);
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.vzeroupper();
        a.ret();
        return a.bytes();
    }

    private static void plain(Assembler a, RowSteps steps, int vectors) {
        most(a, steps, vectors);
        var per = steps.step(at(STEP, 0));
        for (int i = 0; i < vectors; i++) {
            var odd = zmm(i % 4 * 2);
            var even = zmm(i % 4 * 2 + 1);
            a.vmovups(even, at(ROW, i * LINE));
            a.vpandd(odd, even, UPPER);
            a.vpslld(even, even, Short.SIZE);
            a.vfmadd213ps(odd, per, steps.whole());
            a.vfmadd213ps(even, per, steps.whole());
            a.vpslld(odd, odd, Byte.SIZE);
            a.vpternlogd(even, LOW_BYTE, odd, CHOOSE);
            a.vpmovdw(at(CODE, i * NUMBERS), even);
        }
    }

    /** Rows that are multiplied by factors first, which lie in the order of the columns. */
    private static void multiplied(Assembler a, RowSteps steps, int vectors) {
        steps.clear();
        for (int i = 0; i < vectors; i++) {
            steps.see(multiplied(a, i, i % FIRST));
        }
        var per = steps.step(at(STEP, 0));
        for (int i = 0; i < vectors; i++) {
            var x = multiplied(a, i, i % FIRST);
            a.vfmadd213ps(x, per, steps.whole());
            a.vpmovdb(at(CODE, i * NUMBERS / 2), x);
        }
    }

    private static Zmm multiplied(Assembler a, int vector, int register) {
        var x = zmm(register);
        a.vpmovzxwd(x, at(ROW, vector * LINE / 2));
        a.vpslld(x, x, Short.SIZE);
        a.vmulps(x, x, at(FACTOR, vector * LINE));
        return x;
    }

    /** The row's largest and smallest number, in two chains each. */
    private static void most(Assembler a, RowSteps steps, int vectors) {
        for (int i = 0; i < 4; i++) {
            var chain = zmm(FIRST + i);
            a.vpxord(chain, chain, chain);
        }
        for (int i = 0; i < vectors; i++) {
            var signed = zmm(FIRST + i % 2);
            var unsigned = zmm(FIRST + 2 + i % 2);
            a.vpmaxsw(signed, signed, at(ROW, i * LINE));
            a.vpmaxuw(unsigned, unsigned, at(ROW, i * LINE));
        }
        var other = zmm(FIRST + 1);
        a.vpmaxsw(SIGNED, SIGNED, other);
        a.vpmaxuw(UNSIGNED, UNSIGNED, zmm(FIRST + 2 + 1));
        steps.clear();
        for (var words : new Zmm[] {SIGNED, UNSIGNED}) {
            a.vpandd(other, words, UPPER);
            steps.see(other);
            a.vpslld(other, words, Short.SIZE);
            steps.see(other);
        }
    }
}
