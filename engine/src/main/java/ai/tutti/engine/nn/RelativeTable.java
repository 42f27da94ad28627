package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.Matrix;
import java.util.function.IntUnaryOperator;

/**
 * A row of numbers for each distance between two tokens and each head, the distances in order: what lies along a diagonal of
 * attention's scores is then a run of rows.
 *
 * @param rows in the products' type, {@code [heads * count, headSize]}
 * @param count rows a head
 * @param center the row of distance 0
 */
public record RelativeTable(Matrix rows, int count, int center) {
    public RelativeTable {
        requireNonNull(rows, "rows is null");
    }

    /**
     * Lays a table out by distance.
     *
     * @param values {@code [entries, heads * headSize]}
     * @param entry the entry of a distance
     * @param sign 1 when distances ascend from row to row, -1 when they descend
     * @param reach the largest distance needed
     */
    static RelativeTable of(
            Weights weights, float[] values, int heads, int headSize, IntUnaryOperator entry, int sign, int reach) {
        int count = 2 * reach + 1;
        var rows = new float[heads * count * headSize];
        for (int row = 0; row < count; row++) {
            int from = entry.applyAsInt(sign * (row - reach)) * heads * headSize;
            for (int head = 0; head < heads; head++) {
                System.arraycopy(values, from + head * headSize, rows, (head * count + row) * headSize, headSize);
            }
        }
        return new RelativeTable(weights.operand(rows, heads * count, headSize), count, reach);
    }

    /** The address of a head's row. */
    long address(int head, int row) {
        return rows.address(head * count + row);
    }
}
