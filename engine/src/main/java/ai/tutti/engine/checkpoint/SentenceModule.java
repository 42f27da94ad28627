package ai.tutti.engine.checkpoint;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A step between the model's hidden states and the vector, as {@code modules.json} lists it. */
public sealed interface SentenceModule {
    /**
     * Hidden states to one vector.
     *
     * @param modes at least one, in the order of concatenation
     * @param includePrompt whether a prompt's tokens count
     */
    record Pooling(List<PoolingMode> modes, boolean includePrompt) implements SentenceModule {
        public Pooling {
            modes = List.copyOf(modes);
        }
    }

    /** To length 1: x / max(‖x‖₂, 1e-12). */
    record Normalize() implements SentenceModule {}

    /**
     * A linear layer on the vector; its tensors are {@code linear.weight} and {@code linear.bias}.
     *
     * @param folder where its weights lie, for {@link Checkpoint#open}
     * @param activation the class's bare name, for instance {@code Tanh} or {@code Identity}
     */
    record Dense(Path folder, int inFeatures, int outFeatures, boolean bias, String activation)
            implements SentenceModule {}

    /**
     * A layer norm on the vector; its tensors are {@code norm.weight} and {@code norm.bias}.
     *
     * @param folder where its weights lie, for {@link Checkpoint#open}
     */
    record LayerNorm(Path folder, int dimension) implements SentenceModule {}

    /**
     * Not a vector but a score: how much rather a language model would go on with one token than with another.
     *
     * @param yes the token id of the one
     * @param no the token id of the other; null: the logit of {@code yes} alone
     */
    record LogitScore(int yes, @Nullable Integer no) implements SentenceModule {}
}
