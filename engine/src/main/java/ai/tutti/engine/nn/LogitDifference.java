package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * How much rather a language model would go on with one token than with another: the difference of their logits behind the last
 * token, {@code h · (W[yes] - W[no])}. Two rows of the output table are all that it takes of it. It sees one row a text and is
 * computed in double precision.
 *
 * @param direction the difference of the two rows, {@code [hidden]}
 */
public record LogitDifference(float[] direction) implements Head {
    private static final String OUTPUT = "lm_head.weight";
    private static final String TOKENS = "embed_tokens.weight";

    public LogitDifference {
        requireNonNull(direction, "direction is null");
    }

    /**
     * Reads the rows: of the output table, or of the token table where the model has one for both.
     *
     * @param yes a token id
     * @param no a token id; null: the logit of {@code yes} alone
     */
    public static LogitDifference read(ModelConfig config, Weights weights, int yes, @Nullable Integer no) {
        int hidden = config.requireInt("hidden_size");
        int vocabulary = config.requireInt("vocab_size");
        boolean tied = config.booleanOr("tie_word_embeddings", !weights.has(OUTPUT));
        var table = tied ? TOKENS : OUTPUT;
        var direction = weights.row(table, yes, vocabulary, hidden);
        if (no != null) {
            var other = weights.row(table, no, vocabulary, hidden);
            for (int i = 0; i < hidden; i++) {
                direction[i] -= other[i];
            }
        }
        return new LogitDifference(direction);
    }

    @Override
    public Rows rows() {
        return Rows.LAST;
    }

    @Override
    public int outputs() {
        return 1;
    }

    @Override
    public float[][] apply(Worker worker, Matrix states, Tile tile) {
        if (states.dtype() != DType.F32) {
            throw new IllegalArgumentException("hidden states are f32");
        }
        var logits = new float[tile.texts()][1];
        var state = new float[direction.length];
        for (int text = 0; text < logits.length; text++) {
            MemorySegment.copy(
                    states.data(), ValueLayout.JAVA_FLOAT, text * states.rowBytes(), state, 0, state.length);
            double sum = 0;
            for (int i = 0; i < state.length; i++) {
                sum += (double) state[i] * direction[i];
            }
            logits[text][0] = (float) sum;
        }
        return logits;
    }
}
