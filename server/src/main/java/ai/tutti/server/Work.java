package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.schedule.Lane;
import ai.tutti.engine.tensor.Precision;

/**
 * What one request has the engine do.
 *
 * @param operation {@code embeddings} or {@code rerank}
 * @param asked the model's name as the request spells it
 * @param model the name of the model that answers
 * @param precision its arithmetic
 * @param lane which way it takes through the queue
 * @param texts how many texts or documents
 * @param tokens how many tokens are computed
 * @param truncatedTokens how many were cut off before
 */
record Work(
        String operation,
        String asked,
        String model,
        Precision precision,
        Lane lane,
        int texts,
        long tokens,
        long truncatedTokens) {
    Work {
        requireNonNull(operation, "operation is null");
        requireNonNull(asked, "asked is null");
        requireNonNull(model, "model is null");
        requireNonNull(precision, "precision is null");
        requireNonNull(lane, "lane is null");
    }
}
