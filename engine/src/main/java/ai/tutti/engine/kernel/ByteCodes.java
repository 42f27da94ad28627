package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Weights as whole numbers from -127 to 127, {@value #GROUP} inputs of an output on a scale of their own:
 * {@code w ≈ scale * code}, {@code scale = max |w| / 127} in f32. A quarter of a group's number is what an unlucky neighbour can
 * cost: an outlier coarsens 63 others and not a whole row.
 *
 * <p>Unpacked to bf16 a product is rounded to the nearest, the larger one on a tie; to f32 it is what the multiplication gives. The
 * activations stay what they are, so nothing depends on the neighbours in a tile.
 */
final class ByteCodes implements Codes {
    /** Inputs that share a scale. */
    static final int GROUP = 64;

    private static final int MOST = 127;

    private final List<Panels> blocks;
    private final DType target;
    private final MemorySegment codes;
    /** Each block's {@code [panels][groups][columns]}. */
    private final MemorySegment scales;
    /** One output's codes, while it is packed. */
    private int[] row = new int[0];

    /** @param target bf16 or f32 */
    ByteCodes(DType target, List<Panels> blocks, Arena owner) {
        this.blocks = blocks;
        this.target = target;
        codes = owner.allocate(Panels.numbers(blocks), 64);
        scales = owner.allocate(blocks.stream().mapToLong(ByteCodes::scales).sum() * Float.BYTES, 64);
    }

    @Override
    public Panels panels(int block) {
        return blocks.get(block);
    }

    @Override
    public long bytes() {
        return codes.byteSize() + scales.byteSize();
    }

    @Override
    public void put(int block, int output, float[] values, int offset, int in) {
        var panels = blocks.get(block);
        long place = block * blocks.getFirst().numbers() + panels.place(output);
        long scalePlace = block * scales(blocks.getFirst())
                + (long) (output / panels.columns()) * groups(panels) * panels.columns()
                + output % panels.columns();
        if (row.length < in) {
            row = new int[in];
        }
        for (int first = 0; first < in; first += GROUP) {
            int count = Math.min(GROUP, in - first);
            float scale = ByteLoops.most(values, offset + first, offset + first + count) / MOST;
            boolean none = scale < Float.MIN_NORMAL; // nothing, or nothing that f32 can divide by
            scales.setAtIndex(ValueLayout.JAVA_FLOAT, scalePlace, none ? 0 : scale);
            scalePlace += panels.columns();
            ByteLoops.quantise(values, offset + first, count, none ? 0 : 1 / scale, row, first);
        }
        scatter(panels, place, in);
    }

    private void scatter(Panels panels, long place, int in) {
        int stride = panels.columns() * panels.interleave();
        for (int lane = 0; lane < panels.interleave(); lane++) {
            long p = place + lane;
            for (int i = lane; i < in; i += panels.interleave()) {
                codes.set(ValueLayout.JAVA_BYTE, p, (byte) row[i]);
                p += stride;
            }
        }
    }

    @Override
    public void unpack(int block, MemorySegment to) {
        var panels = blocks.get(block);
        long code = block * blocks.getFirst().numbers();
        long scale = block * scales(blocks.getFirst()) * Float.BYTES;
        long place = 0;
        for (int panel = 0; panel < panels.count(); panel++) {
            for (int first = 0; first < panels.rows(); first += GROUP) {
                int rows = Math.min(GROUP, panels.rows() - first);
                var group = new ByteLoops.Group(codes, code, scales, scale, panels.columns(), rows, panels.interleave());
                ByteLoops.unpack(group, target, to, place);
                long numbers = (long) rows * panels.columns();
                code += numbers;
                place += numbers * target.bytes();
                scale += (long) panels.columns() * Float.BYTES;
            }
        }
    }

    private static int groups(Panels panels) {
        return (panels.rows() + GROUP - 1) / GROUP;
    }

    private static long scales(Panels panels) {
        return (long) panels.count() * groups(panels) * panels.columns();
    }
}
