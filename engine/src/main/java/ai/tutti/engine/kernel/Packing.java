package ai.tutti.engine.kernel;

/**
 * Packs one layer's weights, some of its outputs at a time, so that a layer is never in memory twice. What was put is gone when
 * it is closed before {@link #packed}.
 */
public sealed interface Packing extends AutoCloseable permits WholePacking, BlockPacking, TilePacking {
    /** Outputs that {@link #put} takes at a time; a call for the last ones may bring fewer. */
    int step();

    /**
     * Packs the weights of some outputs.
     *
     * @param first the first output, a multiple of {@link #step}
     * @param values {@code [outputs, in]}, row-major; finite
     * @param offset of the first value
     * @param count how many outputs
     */
    void put(int first, float[] values, int offset, int count);

    /** The layer's weights, after all outputs were put. */
    PackedWeights packed();

    @Override
    void close();
}
