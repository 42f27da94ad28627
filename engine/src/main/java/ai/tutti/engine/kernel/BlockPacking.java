package ai.tutti.engine.kernel;

/** Packs into blocks of codes. */
final class BlockPacking implements Packing {
    /** Numbers of a step. */
    private static final int STEP = 1 << 18;

    private final BlockWeights weights;
    private final Codes codes;
    private final int width;

    BlockPacking(BlockWeights weights, Codes codes, int width) {
        this.weights = weights;
        this.codes = codes;
        this.width = width;
    }

    @Override
    public int step() {
        return Math.clamp(STEP / weights.in(), 1, weights.out());
    }

    @Override
    public void put(int first, float[] values, int offset, int count) {
        int in = weights.in();
        for (int i = 0; i < count; i++) {
            int output = first + i;
            codes.put(output / width, output % width, values, offset + i * in, in);
        }
    }

    @Override
    public BlockWeights packed() {
        return weights;
    }

    @Override
    public void close() {}
}
