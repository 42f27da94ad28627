package ai.tutti.engine;

import ai.tutti.engine.schedule.DeadlineExceededException;
import ai.tutti.engine.schedule.Timings;

/**
 * Scores in the order of the documents, as they are computed. For one reader; {@link #close} drops what has not been
 * computed.
 */
public interface RerankStream extends AutoCloseable {
    /** How many tokens are computed over the query and all documents. */
    long tokens();

    /** How many tokens were cut off. */
    long truncatedTokens();

    /**
     * The next document's score, higher is better. Waits until it is computed; to be called once a document.
     *
     * @throws InterruptedException when the waiting thread is interrupted; the stream can only be closed then
     * @throws DeadlineExceededException when the request's deadline passes before; nothing more comes then
     */
    float next() throws InterruptedException;

    /** Where the request's time went until now, and how much of it was not computed anew. */
    Timings timings();

    /** Drops all work of this stream that has not started. Harmless when repeated or after the end. */
    @Override
    void close();
}
