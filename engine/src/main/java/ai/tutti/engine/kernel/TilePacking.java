package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Packs {@link TileWeights}. */
final class TilePacking implements Packing {
    /** Numbers of a step. */
    private static final int STEP = 1 << 18;

    private static final int TILE_COLUMNS = 16;
    /** Words of a step of a panel. */
    private static final int WORDS = 2 * ProductCode.TILE / Integer.BYTES;

    private final TileWeights weights;

    /** @param dtype bf16, or bytes with a sign for whole numbers */
    TilePacking(int in, int out, DType dtype, Arena owner) {
        weights = new TileWeights(in, out, dtype, owner.allocate((long) in * out * dtype.bytes(), 4096));
    }

    @Override
    public int step() {
        return Math.clamp(STEP / weights.in(), 1, weights.out());
    }

    @Override
    public void put(int first, float[] values, int offset, int count) {
        int in = weights.in();
        int numbers = Integer.BYTES / weights.dtype().bytes(); // of a word
        for (int i = 0; i < count; i++) {
            int output = first + i;
            int place = offset + i * in;
            for (int word = 0; word < in / numbers; word++) {
                int bits = weights.dtype() == DType.BF16 ? pair(values, place) : four(values, place);
                weights.data().setAtIndex(ValueLayout.JAVA_INT, word(output, word), bits);
                place += numbers;
            }
        }
    }

    /** Where an output's word lies. */
    private long word(int output, int word) {
        int column = output % ProductCode.PANEL;
        long panelWords = (long) weights.in() * weights.dtype().bytes() / Integer.BYTES * ProductCode.PANEL;
        int step = word / TILE_COLUMNS;
        int place = step * WORDS + column / TILE_COLUMNS * (WORDS / 2) + word % TILE_COLUMNS * TILE_COLUMNS + column % TILE_COLUMNS;
        return output / ProductCode.PANEL * panelWords + place;
    }

    private static int pair(float[] values, int at) {
        return (Floats.toBf16(values[at]) & 0xffff) | Floats.toBf16(values[at + 1]) << Short.SIZE;
    }

    private static int four(float[] values, int at) {
        int word = 0;
        for (int i = 0; i < Integer.BYTES; i++) {
            word |= ((int) values[at + i] & 0xff) << (i * Byte.SIZE);
        }
        return word;
    }

    @Override
    public TileWeights packed() {
        return weights;
    }

    @Override
    public void close() {}
}
