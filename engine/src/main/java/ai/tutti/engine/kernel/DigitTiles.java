package ai.tutti.engine.kernel;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A linear layer's weights in two digits, as {@link DigitWeights}, in the order in which {@link DigitProductCode} reads them: for
 * each 16 outputs and each 64 inputs, high digits and then low ones; in a tile, fours of inputs, and for each four, all 16. Which
 * inputs are neighbours is what {@link DigitSplitCode} makes of rows.
 *
 * <p>Rows that are multiplied ({@link #split}) lie in tiles as well: for each {@value #ROWS} rows and each 64 columns their high
 * digits and then their low ones, so that what is read together lies together. They have a scale each, so a row's result does not
 * depend on others at all.
 *
 * @param in inputs, a multiple of 64
 * @param out a multiple of 16
 * @param panels the digits
 * @param scales f32, {@code [out]}
 */
public record DigitTiles(int in, int out, MemorySegment panels, MemorySegment scales) {
    /** Rows are read in tiles of so many, and so many are written. */
    public static final int ROWS = DigitProductCode.ROWS;

    /** Outputs are computed in tiles of so many, which are as many as there are channels in a block of rows. */
    public static final int COLUMNS = DigitProductCode.COLUMNS;

    private static final int FOUR = 4;

    /** In which order each 64 inputs lie. */
    public enum Order {
        /** As {@link DigitTiles#split} leaves rows. */
        SPLIT,
        /** As {@link DigitGates#multiply} leaves them. */
        PLAIN;

        private int place(int input) {
            return this == SPLIT ? DigitBytes.place(input) : input;
        }
    }

    public DigitTiles {
        requireNonNull(panels, "panels is null");
        requireNonNull(scales, "scales is null");
    }

    static DigitTiles of(float[] weight, int in, Order order, Arena owner) {
        int out = weight.length / in;
        int steps = in / DigitProductCode.DEPTH;
        var scales = owner.allocate((long) out * Float.BYTES, 64);
        var panels = owner.allocate(2L * out / DigitProductCode.COLUMNS * steps * DigitProductCode.TILE, 64);
        var digits = new int[in];
        for (int row = 0; row < out; row++) {
            scales.setAtIndex(ValueLayout.JAVA_FLOAT, row, DigitLoops.digits(weight, row * in, digits));
            for (int i = 0; i < in; i++) {
                long before = (long) row / DigitProductCode.COLUMNS * steps + i / DigitProductCode.DEPTH; // tiles of either digit
                int input = order.place(i % DigitProductCode.DEPTH);
                int four = input / FOUR * DigitProductCode.COLUMNS + row % DigitProductCode.COLUMNS;
                long place = 2 * before * DigitProductCode.TILE + (long) four * FOUR + input % FOUR;
                int high = DigitLoops.high(digits[i]);
                panels.set(ValueLayout.JAVA_BYTE, place, (byte) high);
                panels.set(ValueLayout.JAVA_BYTE, place + DigitProductCode.TILE, (byte) (digits[i] - (high << Byte.SIZE)));
            }
        }
        return new DigitTiles(in, out, panels, scales);
    }

    /** Native memory that they take. */
    public long bytes() {
        return panels.byteSize() + scales.byteSize();
    }

    /**
     * Rows in digits, each with a scale.
     *
     * @param x f32, {@code [count, columns]} or wider
     * @param to {@code [count, 2 * columns]}, whole tiles of rows
     * @param scales f32, {@code [count]}: where each row's scale is written, times 256
     */
    public static void split(Worker worker, Matrix x, int count, Matrix to, MemorySegment scales) {
        split(worker, x, count, 0, to, scales, 0);
    }

    /**
     * As {@link #split}, with the norms of parts of rows. Rows behind the last that fill up a tile count as nothing.
     *
     * @param parts of a row, whole multiples of 64 columns
     * @param norms f32, {@code [tiles of rows][parts][16]}
     */
    public static void splitWithNorms(
            Worker worker, Matrix x, int count, int parts, Matrix to, MemorySegment scales, MemorySegment norms) {
        split(worker, x, count, parts, to, scales, norms.address());
        for (int row = count; row % ROWS != 0; row++) {
            scales.setAtIndex(ValueLayout.JAVA_FLOAT, row, 0);
            for (int part = 0; part < parts; part++) {
                norms.setAtIndex(ValueLayout.JAVA_FLOAT, (row / ROWS * parts + part) * ROWS + row % ROWS, 0);
            }
        }
    }

    private static void split(
            Worker worker, Matrix x, int count, int parts, Matrix to, MemorySegment scales, long norms) {
        worker.digits(
                DigitSplitCode.Shape.rows((int) x.rowBytes(), to.columns() / 2, parts),
                x.address(0),
                count,
                to.address(0),
                scales.address(),
                0,
                norms);
    }

    /**
     * As {@link #split}, of rows out of blocks of channels, see {@link RowLoops#toRows}.
     *
     * @param first the position that becomes row 0
     * @param unit what a one in the blocks stands for, a power of two
     * @param to {@code [count, 2 * columns]}
     */
    public static void splitBlocks(
            Worker worker, Blocks blocks, int first, int count, float unit, Matrix to, MemorySegment scales) {
        worker.digits(
                DigitSplitCode.Shape.blocks(blocks, to.columns() / 2, unit),
                blocks.address(0, first),
                count,
                to.address(0),
                scales.address(),
                blocks.stride(),
                0);
    }

    /**
     * A product over rows of digits, and a bias.
     *
     * @param rows how many; computed and written are whole tiles of {@link #ROWS}
     * @param x rows of digits, in tiles
     * @param column the first of them that is read; a multiple of 64
     * @param xScales as {@link #split} leaves them
     * @param y address of the first result, f32
     * @param columns numbers from one row of y to the next
     * @param adds whether results are added to y, or stored
     * @param bias f32, {@code [out]}
     */
    public void multiply(
            Worker worker,
            int rows,
            Matrix x,
            int column,
            long xScales,
            long y,
            int columns,
            boolean adds,
            MemorySegment bias) {
        int yStride = columns * Float.BYTES;
        int xStride = ROWS * x.columns();
        long digits = x.address(0) + 2L * ROWS * column;
        int tiles = (rows + ROWS - 1) / ROWS;
        int done = 0;
        for (int at : new int[] {DigitSums.MOST_TILES, 1}) {
            int times = (tiles - done) / at;
            if (times > 0) {
                long skipped = (long) done * ROWS;
                worker.multiply(
                        new DigitProductCode.Shape(in, xStride, yStride, at, adds),
                        digits + (long) done * xStride,
                        xScales + skipped * Float.BYTES,
                        panels.address(),
                        scales.address(),
                        bias.address(),
                        y + skipped * yStride,
                        times,
                        out / DigitProductCode.COLUMNS);
                done += times * at;
            }
        }
    }
}
