package ai.tutti.engine.kernel;

import java.util.List;

/**
 * The order in which a packed operand's numbers lie: panels of some columns (a linear layer's outputs), one behind another; in a
 * panel the rows (the layer's inputs), {@code interleave} of them at a time, column by column. Every layout that oneDNN chooses
 * for a weight is of this kind: {@code BA16a32b2a} has panels of 32 columns and interleaves 2 rows, a dense row-major matrix is
 * one panel.
 *
 * @param count how many panels, the last one padded
 * @param columns of a panel
 * @param rows of a panel, padded; a multiple of {@code interleave}
 * @param interleave rows whose numbers of one column lie side by side
 */
record Panels(int count, int columns, int rows, int interleave) {
    /** Numbers of all panels. */
    long numbers() {
        return (long) count * columns * rows;
    }

    /** Numbers of all blocks together. */
    static long numbers(List<Panels> blocks) {
        return blocks.stream().mapToLong(Panels::numbers).sum();
    }

    /** Where a column's number of row 0 lies; {@code interleave} rows lie there side by side. */
    long place(int column) {
        return (long) (column / columns) * columns * rows + (long) (column % columns) * interleave;
    }

    /**
     * Reads oneDNN's description of a matrix.
     *
     * @throws OneDnnException for an order that is none of panels
     */
    static Panels of(OneDnn oneDnn, PackedWeights.Layout layout) {
        long desc = layout.desc();
        long[] padded = oneDnn.paddedSizes(desc);
        long[] strides = oneDnn.strides(desc);
        long[] blocks = oneDnn.innerBlocks(desc); // the innermost last
        long[] dimensions = oneDnn.innerDimensions(desc); // 0: rows, 1: columns
        int rows = (int) padded[0];
        if (blocks.length == 0 && strides[1] == 1 && strides[0] == layout.out()) {
            return new Panels(1, layout.out(), rows, 1);
        }
        if (blocks.length == 0 && strides[0] == 1 && strides[1] == layout.in()) {
            return new Panels(layout.out(), 1, rows, 1);
        }
        boolean pairs = blocks.length == 3 && dimensions[2] == 0;
        int interleave = pairs ? (int) blocks[2] : 1;
        if ((pairs || blocks.length == 2) && dimensions[0] == 0 && dimensions[1] == 1) {
            int columns = (int) blocks[1];
            long block = blocks[0] * columns * interleave;
            if (strides[0] == block && strides[1] == (long) rows * columns) {
                return new Panels((int) padded[1] / columns, columns, rows, interleave);
            }
        }
        throw new OneDnnException("oneDNN packs [%d, %d] %s in an order that is not known here"
                .formatted(layout.out(), layout.in(), layout.dtype()));
    }
}
