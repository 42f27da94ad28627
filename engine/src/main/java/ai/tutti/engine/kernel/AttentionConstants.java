package ai.tutti.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Numbers that {@link AttentionCode} reads, in memory that stays where it is as long as the process; offsets are in bytes. */
final class AttentionConstants {
    /** The tiles' shape: eight of 16 rows of 64 bytes. */
    static final int TILES = 0;
    /** For the last seven bits of a bf16's exponent and mantissa, by how much 2^x is below what is linear between powers of two. */
    static final int TABLE = 64;
    /** The bits of a mask that is set for each word's lower byte. */
    static final int LOW_BYTES = 192;
    /** 128 / ln 2, by which a score becomes a bf16's bits. */
    static final int SCALE = 200;
    /** 128 * 127: the bits of a bf16's 1. */
    static final int ONE = 204;
    /** Lower than any score. */
    static final int LOWEST = 208;
    /** Two bf16 of 1. */
    static final int ONES = 212;

    private static final int SIZE = 216;
    private static final int MANTISSAS = 128;

    static final long ADDRESS = memory().address();

    private AttentionConstants() {}

    private static MemorySegment memory() {
        var memory = Arena.global().allocate(SIZE, 64);
        memory.set(ValueLayout.JAVA_BYTE, TILES, (byte) 1); // the palette
        for (int i = 0; i < 8; i++) {
            memory.set(ValueLayout.JAVA_SHORT, TILES + 16 + i * Short.BYTES, (short) 64);
            memory.set(ValueLayout.JAVA_BYTE, TILES + 48 + i, (byte) 16);
        }
        for (int i = 0; i < MANTISSAS; i++) {
            double exact = MANTISSAS * (Math.pow(2, i / (double) MANTISSAS) - 1);
            memory.set(ValueLayout.JAVA_BYTE, TABLE + i, (byte) (i - Math.round(exact)));
        }
        memory.set(ValueLayout.JAVA_LONG, LOW_BYTES, 0x5555555555555555L);
        memory.set(ValueLayout.JAVA_FLOAT, SCALE, (float) (MANTISSAS / Math.log(2)));
        memory.set(ValueLayout.JAVA_FLOAT, ONE, MANTISSAS * 127f);
        memory.set(ValueLayout.JAVA_FLOAT, LOWEST, -Float.MAX_VALUE);
        memory.set(ValueLayout.JAVA_INT, ONES, 0x3f803f80);
        return memory;
    }
}
