package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;

import ai.tutti.engine.kernel.Assembler.Memory;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Numbers to two digits, as a part of other code.
 *
 * <p>A row's largest number becomes 127 * 256 + 127. Added to 1.5 * 2^23 + 128, a number's nearest integer q lies in the sum's
 * last bits as q + 128, whose second byte is the high digit and whose first is 128 more than the low one. Of four vectors a, b, c
 * and d of such sums the bytes are laid together number by number, {@code a c b d}, as shifts and selections give them; the
 * weights' order is the same ({@link #place}).
 */
final class DigitBytes {
    /** Numbers whose digits are laid together. */
    static final int NUMBERS = 64;

    private static final int LANES = 16;
    private static final int VECTORS = NUMBERS / LANES;
    /** For {@link Assembler#vpternlogd}: the first's bits where the second has ones, and the third's elsewhere. */
    private static final int CHOOSE = 0xe2;

    // Where the constants lie.
    private static final int LOW_WORDS = 0;
    private static final int LOW_BYTES = 4;
    private static final int WHOLE = 8;
    private static final int FLIP = 12;
    private static final int SIZE = 16;
    private static final long CONSTANTS = constants().address();

    private final Assembler a;
    private final Zmm lowWords;
    private final Zmm lowBytes;
    private final Zmm whole;
    private final Zmm flip;

    /** Four registers for constants. */
    DigitBytes(Assembler a, Zmm lowWords, Zmm lowBytes, Zmm whole, Zmm flip) {
        this.a = a;
        this.lowWords = lowWords;
        this.lowBytes = lowBytes;
        this.whole = whole;
        this.flip = flip;
    }

    private static MemorySegment constants() {
        var memory = Arena.global().allocate(SIZE, SIZE);
        memory.set(ValueLayout.JAVA_INT, LOW_WORDS, 0xffff);
        memory.set(ValueLayout.JAVA_INT, LOW_BYTES, 0xff00ff);
        memory.set(ValueLayout.JAVA_FLOAT, WHOLE, 0x1.8p23f + 128);
        memory.set(ValueLayout.JAVA_INT, FLIP, 0x80808080);
        return memory;
    }

    /** Fills the registers. */
    void load(Reg free) {
        a.mov(free, CONSTANTS);
        a.vbroadcastss(lowWords, at(free, LOW_WORDS));
        a.vbroadcastss(lowBytes, at(free, LOW_BYTES));
        a.vbroadcastss(whole, at(free, WHOLE));
        a.vbroadcastss(flip, at(free, FLIP));
    }

    /** Multiplies by what makes a row's largest number the largest integer. */
    void whole(Zmm numbers, Zmm factor) {
        a.vfmadd213ps(numbers, factor, whole);
    }

    /** Stores the digits of a vector whose largest number is to be the largest integer, 16 bytes each, in the numbers' own order. */
    void store(Zmm numbers, Zmm free, Memory high, Memory low) {
        a.vaddps(numbers, numbers, whole);
        a.vpsrld(free, numbers, Byte.SIZE);
        a.vpmovdb(high, free);
        a.vpxord(numbers, numbers, flip);
        a.vpmovdb(low, numbers);
    }

    /** The digits of four vectors of {@link #whole} numbers: the low ones in the first, the high ones in the second; all are used up. */
    void lay(Zmm first, Zmm second, Zmm third, Zmm fourth) {
        words(first, second);
        words(third, fourth);
        a.vpsrld(second, first, Byte.SIZE);
        a.vpternlogd(second, lowBytes, third, CHOOSE);
        a.vpslld(third, third, Byte.SIZE);
        a.vpternlogd(first, lowBytes, third, CHOOSE);
        a.vpxord(first, first, flip);
    }

    /** The lower words of two vectors, number by number, in the first. */
    private void words(Zmm one, Zmm other) {
        a.vpslld(other, other, Short.SIZE);
        a.vpternlogd(one, lowWords, other, CHOOSE);
    }

    /**
     * Where in its 64 digits one of 64 numbers comes to lie.
     *
     * @param i from 0 to 63
     */
    static int place(int i) {
        int vector = i / LANES;
        return i % LANES * VECTORS + vector % 2 * 2 + vector / 2;
    }
}
