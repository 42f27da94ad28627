package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;

/**
 * A linear layer's weights as this CPU's products take them, or as they are made into that block by block. The same bytes serve
 * products of any number of rows, on any thread.
 */
public sealed interface PackedWeights permits WholeWeights, BlockWeights, TileWeights {
    /** Numbers that go in. */
    int in();

    /** Numbers that come out. */
    int out();

    /** Native memory that they take. */
    long bytes();

    /**
     * How weights lie in memory that a product reads; equal layouts are one object's, so plans of equal layers are shared.
     *
     * @param in numbers that go in
     * @param out numbers that come out
     * @param dtype how a number is stored
     * @param desc oneDNN's description, kept as long as the process
     */
    record Layout(int in, int out, DType dtype, long desc) {}
}
