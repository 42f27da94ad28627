package ai.tutti.engine.kernel;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntFunction;

/**
 * A text's numbers by channel: blocks of as many channels as {@link LongConvolver} takes side by side, in f32 or f16,
 * {@code [blocks][positions][width]}. A line is one position of a block.
 *
 * <p><b>Blocks lie a little apart.</b> Rows become blocks and blocks rows one position after another, a line of every block each.
 * Texts are as long as a power of two; were blocks as well, all lines of a position would want the same place in a cache, which
 * has room for a dozen there, and each would be fetched from memory again when the next position comes. A block is therefore
 * longer than its text by {@value #APART} lines: an odd number, so that a position's lines meet nowhere in the first cache, and
 * so large that 48 blocks (768 channels) spread evenly over the second.
 *
 * @param lines f32 or f16, {@code [blocks * pitch, width]}
 * @param positions of a block
 * @param pitch lines from one block to the next, at least {@code positions}
 */
public record Blocks(Matrix lines, int positions, int pitch) {
    private static final int APART = 43;

    /** Sets of the first-level cache. */
    private static final int SETS = 64;

    public Blocks {
        requireNonNull(lines, "lines is null");
        if (pitch < positions) {
            throw new IllegalArgumentException("blocks of %d lines overlap in %d".formatted(positions, pitch));
        }
    }

    /**
     * Room for a text.
     *
     * @param channels filled up to whole blocks
     * @param memory gives so many lines
     */
    public static Blocks room(int channels, int positions, IntFunction<Matrix> memory) {
        int pitch = (positions + SETS - 1) / SETS * SETS + APART;
        return new Blocks(memory.apply(LongConvolver.blocks(channels) * pitch), positions, pitch);
    }

    /** Room for a text's numbers, f32 or f16, in a worker's working memory of that name. */
    public static Blocks room(Worker worker, String name, DType type, int channels, int positions) {
        return room(channels, positions, lines -> worker.matrix(name, type, lines, LongConvolver.width()));
    }

    /** Blocks of f16 in the first half of the same memory, or in the second. */
    public Blocks halves(boolean second) {
        long bytes = lines.rows() * lines.rowBytes() / 2;
        return new Blocks(
                new Matrix(lines.data().asSlice(second ? bytes : 0, bytes), DType.F16, lines.rows(), lines.columns()), positions, pitch);
    }

    /** Of f32 or f16. */
    public DType type() {
        return lines.dtype();
    }

    /** Bytes from one block to the next. */
    long stride() {
        return pitch * lines.rowBytes();
    }

    /** Where a line lies, in bytes from the first. */
    long place(int block, int position) {
        return block * stride() + position * lines.rowBytes();
    }

    /** The native address of a line. */
    long address(int block, int position) {
        return lines.data().address() + place(block, position);
    }

    /** A block's positions of f16 as f32. */
    float[] wide(int block) {
        var halves = new short[positions * lines.columns()];
        MemorySegment.copy(lines.data(), ValueLayout.JAVA_SHORT, place(block, 0), halves, 0, halves.length);
        var wide = new float[halves.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = Float.float16ToFloat(halves[i]);
        }
        return wide;
    }

    /** Copies one block's positions from {@code first} on to the same block of others of the same shape. */
    public void copy(int block, int first, Blocks to) {
        int line = block * pitch + first;
        lines.copyRows(line, to.lines, line, positions - first);
    }
}
