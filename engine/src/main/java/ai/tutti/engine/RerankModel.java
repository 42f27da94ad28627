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
     * Scores every document.
     *
     * @throws InvalidInputException when the options or the input cannot be served; names the field
     * @throws QueueFullException when the queue is full
     * @throws InterruptedException when the waiting thread is interrupted; what has not started is dropped
     */
    RerankScores score(String query, List<String> documents, RerankOptions options) throws InterruptedException;
}
