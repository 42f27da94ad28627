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
 * <p>Where the prompt is left out, every mode sees the tokens behind it alone: {@code CLS} takes the first of them, and
 * {@code WEIGHTED_MEAN} weighs each by its place in the whole text. Where the prompt leaves no token, the vector is zero.
 *
 * @param modes at least one
 * @param includePrompt whether a prompt's tokens ({@link Tile#prompts()}) count
 */
public record Pooling(List<PoolingMode> modes, boolean includePrompt) {
    public Pooling {
        modes = List.copyOf(modes);
        if (modes.isEmpty()) {
            throw new IllegalArgumentException("pooling needs at least one mode");
        }
    }

    /** Pooling over all tokens. */
    public Pooling(List<PoolingMode> modes) {
        this(modes, true);
    }

    /** What the encoder has to compute for it. */
    public Rows rows() {
        if (includePrompt && modes.equals(List.of(PoolingMode.CLS))) {
            return Rows.FIRST;
        }
        return includePrompt && modes.equals(List.of(PoolingMode.LAST_TOKEN)) ? Rows.LAST : Rows.ALL;
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
            var span = rows() != Rows.ALL ? new Span(text, 0, 1) : span(tile, text);
            if (span.from() < span.length()) {
                for (int m = 0; m < modes.size(); m++) {
                    pool(modes.get(m), states, span, row, vectors[text], m * hidden);
                }
            }
        }
        return vectors;
    }

    /** A text's rows: the first, how many there are, and from which of them on they count. */
    private record Span(int first, int from, int length) {
        int counted() {
            return length - from;
        }
    }

    private Span span(Tile tile, int text) {
        return new Span(tile.starts()[text], includePrompt ? 0 : tile.prompts()[text], tile.length(text));
    }

    private static void pool(PoolingMode mode, Matrix states, Span span, float[] row, float[] vector, int offset) {
        switch (mode) {
            case CLS -> read(states, span.first() + span.from(), vector, offset);
            case LAST_TOKEN -> read(states, span.first() + span.length() - 1, vector, offset);
            case MAX -> {
                read(states, span.first() + span.from(), vector, offset);
                for (int i = span.from() + 1; i < span.length(); i++) {
                    read(states, span.first() + i, row, 0);
                    for (int j = 0; j < row.length; j++) {
                        vector[offset + j] = Math.max(vector[offset + j], row[j]);
                    }
                }
            }
            case MEAN -> sum(states, span, row, vector, offset, false, span.counted());
            case MEAN_SQRT_LENGTH -> sum(states, span, row, vector, offset, false, (float) Math.sqrt(span.counted()));
            case WEIGHTED_MEAN ->
                sum(states, span, row, vector, offset, true, span.counted() * (span.from() + 1f + span.length()) / 2);
        }
    }

    private static void sum(
            Matrix states, Span span, float[] row, float[] vector, int offset, boolean byPosition, float divisor) {
        for (int i = span.from(); i < span.length(); i++) {
            read(states, span.first() + i, row, 0);
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
