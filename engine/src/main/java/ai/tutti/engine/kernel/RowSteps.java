package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;

import ai.tutti.engine.kernel.Assembler.Memory;
import ai.tutti.engine.kernel.Assembler.Operand;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A row's step and codes, as {@link CodeLoops} defines them, as a part of other code. A step is at least {@value #LEAST}, with
 * which a row of zeros needs no case of its own.
 *
 * @param most takes the row's largest number, at least 0
 * @param least takes its smallest, at most 0
 * @param free is overwritten
 * @param constants points to them
 */
record RowSteps(Assembler a, Zmm most, Zmm least, Zmm free, Reg constants) {
    private static final float LEAST = 1e-30f;
    /** Added to a number below 2^22, it leaves it rounded to a whole one, which its last bits hold. */
    private static final float ROUND = 0x1.8p23f;

    private static final int HIGHEST = 255;

    // Where the constants lie.
    private static final int ABOVE = 0;
    private static final int BELOW = 4;
    private static final int TINY = 8;
    private static final int ONE = 12;
    private static final int WHOLE = 16;
    private static final int SIZE = 20;

    /**
     * Before the first row.
     *
     * @param zero the code of 0
     */
    void load(int zero) {
        var memory = Arena.global().allocate(SIZE, 64);
        memory.set(ValueLayout.JAVA_FLOAT, ABOVE, 1f / (HIGHEST - zero));
        memory.set(ValueLayout.JAVA_FLOAT, BELOW, -1f / zero);
        memory.set(ValueLayout.JAVA_FLOAT, TINY, LEAST);
        memory.set(ValueLayout.JAVA_FLOAT, ONE, 1);
        memory.set(ValueLayout.JAVA_FLOAT, WHOLE, ROUND + zero);
        a.mov(constants, memory.address());
    }

    /** Added to a number that was divided by the step, it leaves the code in the last byte. */
    Operand whole() {
        return each(constants, WHOLE);
    }

    /** Before each row. */
    void clear() {
        a.vpxord(most, most, most);
        a.vpxord(least, least, least);
    }

    /** Takes numbers of the row in. */
    void see(Operand numbers) {
        a.vmaxps(most, most, numbers);
        a.vminps(least, least, numbers);
    }

    /**
     * After a row's last number: its step.
     *
     * @param step where it is written
     * @return one divided by it, in every number
     */
    Zmm step(Memory step) {
        a.vmulps(most, most, each(constants, ABOVE));
        a.vmulps(least, least, each(constants, BELOW));
        a.vmaxps(most, most, least);
        Reduction.lanes(a, most, free, a::vmaxps);
        a.vmaxps(most, most, each(constants, TINY));
        a.vmovss(step, most);
        a.vbroadcastss(least, at(constants, ONE));
        a.vdivps(least, least, most);
        return least;
    }
}
