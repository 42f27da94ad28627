package ai.tutti.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Weights that are kept smaller than products take them, for models of billions of parameters: as the file's two bytes where
 * products are f32, as {@linkplain ByteCodes bytes and scales} where they are bf16 or f32.
 *
 * <p>A block of outputs is unpacked into the worker's own memory right before its product, and its place is taken by the next
 * block. The codes lie in the order of the operand that they become, so unpacking walks along both and costs little beside a
 * product of some hundred rows; it is exact for two-byte numbers. A block is as narrow as products still run at full speed, so
 * that it is read back from the cache: {@link Kernels#packing}.
 *
 * <p>oneDNN multiplies bf16 by int8 with scales by itself, but fast on CPUs with AMX alone, and there at two thirds of its bf16
 * products' rate at 512 rows; with blocks one way serves all CPUs, and a block's product keeps its bias, activation and sum.
 */
public final class BlockWeights implements PackedWeights {
    private final int in;
    private final int out;
    private final int width;
    private final Layout layout;
    private final Layout last;
    private final Codes codes;

    /**
     * @param width outputs of a block
     * @param layout of an unpacked block
     * @param last of the last block, which may be narrower
     */
    BlockWeights(int in, int out, int width, Layout layout, Layout last, Codes codes) {
        this.in = in;
        this.out = out;
        this.width = width;
        this.layout = layout;
        this.last = last;
        this.codes = codes;
    }

    @Override
    public int in() {
        return in;
    }

    @Override
    public int out() {
        return out;
    }

    @Override
    public long bytes() {
        return codes.bytes();
    }

    /** How many blocks. */
    public int blocks() {
        return (out + width - 1) / width;
    }

    /** A block's first output. */
    public int first(int block) {
        return block * width;
    }

    /** How a block lies in memory once it is unpacked. */
    public Layout layout(int block) {
        return block == blocks() - 1 ? last : layout;
    }

    /** The address of a block in the worker's memory, unpacked; it stays there until the next one is. */
    public long unpack(Worker worker, int block) {
        int most = Math.toIntExact(codes.panels(0).numbers());
        MemorySegment target = worker.matrix("weights", last.dtype(), 1, most).data();
        codes.unpack(block, target);
        return target.address();
    }
}
