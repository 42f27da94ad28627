package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.EmbeddingModel;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a model once it was loaded.
 *
 * @param dimensions the length of a vector; null for a model that gives none
 * @param maxTokens the longest input in tokens
 * @param scoreDescription what its rerank scores are
 */
record ModelFacts(@Nullable Integer dimensions, int maxTokens, String scoreDescription) {
    ModelFacts {
        requireNonNull(scoreDescription, "scoreDescription is null");
    }

    static ModelFacts of(ServedModel model) {
        EmbeddingModel embedding = model.embedding();
        return new ModelFacts(
                embedding == null ? null : embedding.dimensions(),
                model.reranker().maxTokens(),
                model.reranker().scoreDescription());
    }
}
