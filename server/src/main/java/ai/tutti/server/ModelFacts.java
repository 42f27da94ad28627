package ai.tutti.server;

import static java.util.Objects.requireNonNull;

/**
 * What is known of a model once it was loaded.
 *
 * @param dimensions the length of a vector
 * @param scoreDescription what its rerank scores are
 */
record ModelFacts(int dimensions, String scoreDescription) {
    ModelFacts {
        requireNonNull(scoreDescription, "scoreDescription is null");
    }

    static ModelFacts of(ServedModel model) {
        return new ModelFacts(model.embedding().dimensions(), model.reranker().scoreDescription());
    }
}
