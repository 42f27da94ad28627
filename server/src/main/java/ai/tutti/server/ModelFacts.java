package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.tensor.Precision;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a model once it was loaded.
 *
 * @param precision the arithmetic that it computes in
 * @param dimensions the length of a vector; null for a model that gives none
 * @param maxTokens the longest input in tokens
 * @param scoreDescription what its rerank scores are
 */
record ModelFacts(Precision precision, @Nullable Integer dimensions, int maxTokens, String scoreDescription) {
    ModelFacts {
        requireNonNull(precision, "precision is null");
        requireNonNull(scoreDescription, "scoreDescription is null");
    }

    static ModelFacts of(ServedModel model) {
        EmbeddingModel embedding = model.embedding();
        return new ModelFacts(
                model.reranker().precision(),
                embedding == null ? null : embedding.dimensions(),
                model.reranker().maxTokens(),
                model.reranker().scoreDescription());
    }
}
