package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Weights in the file's own two bytes, unpacked to f32: exactly. */
final class HalfCodes implements Codes {
    private final DType dtype;
    private final List<Panels> blocks;
    private final MemorySegment data;

    /** @param dtype f16 or bf16 */
    HalfCodes(DType dtype, List<Panels> blocks, Arena owner) {
        this.dtype = dtype;
        this.blocks = blocks;
        data = owner.allocate(Panels.numbers(blocks) * Short.BYTES, 64);
    }

    @Override
    public Panels panels(int block) {
        return blocks.get(block);
    }

    @Override
    public long bytes() {
        return data.byteSize();
    }

    @Override
    public void put(int block, int output, float[] values, int offset, int in) {
        var panels = blocks.get(block);
        long place = begin(block) + panels.place(output);
        for (int i = 0; i < in; i++) {
            short code = Floats.toHalf(dtype, values[offset + i]);
            data.setAtIndex(ValueLayout.JAVA_SHORT, place + panels.step(i), code);
        }
    }

    @Override
    public void unpack(int block, MemorySegment target) {
        Halves.widen(data, begin(block), dtype, target, 0, blocks.get(block).numbers());
    }

    /** All blocks but the last are alike. */
    private long begin(int block) {
        return block * blocks.getFirst().numbers();
    }
}
