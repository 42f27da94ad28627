package ai.tutti.engine.kernel;

import java.lang.foreign.MemorySegment;

/** A layer's weights in blocks of outputs, each number in fewer bits than products take, in the order of the products' operand. */
sealed interface Codes permits HalfCodes, ByteCodes {
    /** The order of a block's numbers. */
    Panels panels(int block);

    /** Native memory that they take. */
    long bytes();

    /**
     * Takes one output's weights in.
     *
     * @param output of the block
     * @param values {@code [in]} from {@code offset} on
     */
    void put(int block, int output, float[] values, int offset, int in);

    /** Writes a block as products take it. */
    void unpack(int block, MemorySegment target);
}
