package ai.tutti.search;

import java.util.List;

/**
 * Scores how well texts answer a query: {@link EngineReranker} in this process, {@link ServerReranker} through any server.
 * May be called by any number of threads at once.
 */
public interface Reranker {
    /** The model's name. */
    String model();

    /**
     * Scores every document.
     *
     * @return one score a document, higher is better, in the order of the documents
     * @throws InterruptedException when the waiting thread is interrupted; what has not started is dropped
     */
    float[] scores(String query, List<String> documents) throws InterruptedException;
}
