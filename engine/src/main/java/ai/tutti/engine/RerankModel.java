package ai.tutti.engine;

import ai.tutti.engine.schedule.QueueFullException;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import java.util.List;

/** Scores documents by their relevance to a query. May be called by any number of threads at once; the callers only wait. */
public interface RerankModel {
    /** The name it is served under. */
    String name();

    /** The longest input in tokens, special tokens included. */
    int maxTokens();

    Precision precision();

    /** One sentence on what the score is, for the list of models. */
    String scoreDescription();

    /**
     * Tokenises and starts scoring; at once, or not at all.
     *
     * @throws InvalidInputException when the options or the input cannot be served; names the field
     * @throws QueueFullException when the queue is full
     * @throws InterruptedException when the thread is interrupted while it tokenises
     */
    RerankStream start(String query, List<String> documents, RerankOptions options) throws InterruptedException;

    /**
     * Scores every document.
     *
     * @throws InterruptedException when the waiting thread is interrupted; what has not started is dropped
     */
    default RerankScores score(String query, List<String> documents, RerankOptions options) throws InterruptedException {
        var scores = new float[documents.size()];
        try (var stream = start(query, documents, options)) {
            for (int i = 0; i < scores.length; i++) {
                scores[i] = stream.next();
            }
            return new RerankScores(scores, stream.tokens(), stream.truncatedTokens());
        }
    }
}
