package ai.tutti.engine.nn;

import ai.tutti.engine.checkpoint.PoolingMode;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * From hidden states to one vector a text, as sentence-transformers does it; several modes give several vectors side by
 * side.
 *
 * @param modes at least one
 */
public record Pooling(List<PoolingMode> modes) {
    public Pooling {
        modes = List.copyOf(modes);
        if (modes.isEmpty()) {
            throw new IllegalArgumentException("pooling needs at least one mode");
        }
    }

    /** What the encoder has to compute for it. */
    public Rows rows() {
        return modes.equals(List.of(PoolingMode.CLS)) ? Rows.FIRST : Rows.ALL;
    }

    /** Numbers a vector. */
    public int dimensions(int hiddenSize) {
        return modes.size() * hiddenSize;
    }

    /**
     * Pools every text of a tile.
     *
     * @param states as the encoder gave them for {@link #rows()}, f32
     * @return {@code [texts][dimensions]}
     */
    public float[][] apply(Matrix states, Tile tile) {
        int hidden = states.columns();
        var vectors = new float[tile.texts()][dimensions(hidden)];
        var row = new float[hidden];
        for (int text = 0; text < tile.texts(); text++) {
            int first = rows() == Rows.FIRST ? text : tile.starts()[text];
            int length = rows() == Rows.FIRST ? 1 : tile.length(text);
            for (int m = 0; m < modes.size(); m++) {
                pool(modes.get(m), states, first, length, row, vectors[text], m * hidden);
            }
        }
        return vectors;
    }

    private static void pool(
            PoolingMode mode, Matrix states, int first, int length, float[] row, float[] vector, int offset) {
        switch (mode) {
            case CLS -> read(states, first, vector, offset);
            case LAST_TOKEN -> read(states, first + length - 1, vector, offset);
            case MAX -> {
                read(states, first, vector, offset);
                for (int i = 1; i < length; i++) {
                    read(states, first + i, row, 0);
                    for (int j = 0; j < row.length; j++) {
                        vector[offset + j] = Math.max(vector[offset + j], row[j]);
                    }
                }
            }
            case MEAN -> sum(states, first, length, row, vector, offset, false, length);
            case MEAN_SQRT_LENGTH -> sum(states, first, length, row, vector, offset, false, (float) Math.sqrt(length));
            case WEIGHTED_MEAN ->
                sum(states, first, length, row, vector, offset, true, length * (length + 1f) / 2);
        }
    }

    private static void sum(
            Matrix states,
            int first,
            int length,
            float[] row,
            float[] vector,
            int offset,
            boolean byPosition,
            float divisor) {
        for (int i = 0; i < length; i++) {
            read(states, first + i, row, 0);
            float weight = byPosition ? i + 1 : 1;
            for (int j = 0; j < row.length; j++) {
                vector[offset + j] += weight * row[j];
            }
        }
        for (int j = 0; j < row.length; j++) {
            vector[offset + j] /= divisor;
        }
    }

    private static void read(Matrix states, int row, float[] target, int offset) {
        if (states.dtype() != DType.F32) {
            throw new IllegalArgumentException("hidden states are f32");
        }
        MemorySegment.copy(
                states.data(), ValueLayout.JAVA_FLOAT, row * states.rowBytes(), target, offset, states.columns());
    }
}
