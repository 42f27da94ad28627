package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.LongConvolver;

/** Rounds numbers of channels up to whole vectors: channels that are not there have weights of zero. */
public final class Lanes {
    private Lanes() {}

    /** The next multiple of the vectors' width. */
    public static int pad(int channels) {
        return LongConvolver.blocks(channels) * LongConvolver.width();
    }

    /** A matrix {@code [rows, columns]} at the top left of one of zeros. */
    public static float[] pad(float[] matrix, int rows, int columns, int paddedRows, int paddedColumns) {
        if (rows == paddedRows && columns == paddedColumns) {
            return matrix;
        }
        var padded = new float[paddedRows * paddedColumns];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(matrix, row * columns, padded, row * paddedColumns, columns);
        }
        return padded;
    }
}
