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
        for (int first = 0; first < in; first += GROUP) {
            int end = Math.min(in, first + GROUP);
            float scale = scale(values, offset + first, offset + end);
            scales.setAtIndex(ValueLayout.JAVA_FLOAT, scalePlace, scale);
            scalePlace += panels.columns();
            for (int i = first; scale > 0 && i < end; i++) {
                int code = Math.clamp((int) Math.rint(values[offset + i] / scale), -MOST, MOST);
                codes.set(ValueLayout.JAVA_BYTE, place + panels.step(i), (byte) code);
            }
        }
    }

    /** A group's scale; 0 for a group of nothing, or of nothing that f32 can divide by. */
    private static float scale(float[] values, int from, int to) {
        float most = 0;
        for (int i = from; i < to; i++) {
            most = Math.max(most, Math.abs(values[i]));
        }
        float scale = most / MOST;
        return scale < Float.MIN_NORMAL ? 0 : scale;
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
