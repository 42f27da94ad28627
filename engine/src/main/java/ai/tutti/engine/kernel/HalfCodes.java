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
    /** One output's numbers, while it is packed. */
    private short[] row = new short[0];

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
        if (row.length < in) {
            row = new short[in];
        }
        for (int i = 0; i < in; i++) {
            row[i] = Floats.toHalf(dtype, values[offset + i]);
        }
        int stride = panels.columns() * panels.interleave();
        for (int lane = 0; lane < panels.interleave(); lane++) {
            long p = (place + lane) * Short.BYTES;
            for (int i = lane; i < in; i += panels.interleave()) {
                data.set(ValueLayout.JAVA_SHORT, p, row[i]);
                p += (long) stride * Short.BYTES;
            }
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
