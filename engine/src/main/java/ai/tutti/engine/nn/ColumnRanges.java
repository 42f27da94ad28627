package ai.tutti.engine.nn;

import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;

/** What a sample shows of a layer's input: each column's largest magnitude and mean. */
public final class ColumnRanges {
    private final float[] most;
    private final double[] sums;
    private long rows;

    /** @param columns of the input */
    public ColumnRanges(int columns) {
        most = new float[columns];
        sums = new double[columns];
    }

    /** Looks at the first rows of an input, f32 or bf16. */
    public void add(Matrix x, int count) {
        var row = new float[x.columns()];
        for (int i = 0; i < count; i++) {
            Floats.read(x.data(), x.dtype(), (long) i * x.columns(), 1, row, 0, row.length);
            for (int c = 0; c < row.length; c++) {
                most[c] = Math.max(most[c], Math.abs(row[c]));
                sums[c] += row[c];
            }
        }
        rows += count;
    }

    /** Columns of the input. */
    int columns() {
        return most.length;
    }

    /** A column's largest magnitude; of a column that the sample hardly touched, a hundredth of the columns' mean. */
    float[] most() {
        double mean = 0;
        for (float one : most) {
            mean += one / (double) most.length;
        }
        var result = new float[most.length];
        for (int c = 0; c < result.length; c++) {
            result[c] = (float) Math.max(most[c], Math.max(mean / 100, Float.MIN_NORMAL));
        }
        return result;
    }

    /** A column's mean. */
    float mean(int column) {
        return (float) (sums[column] / Math.max(1, rows));
    }
}
