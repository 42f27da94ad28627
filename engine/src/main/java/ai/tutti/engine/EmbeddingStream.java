package ai.tutti.engine;

import ai.tutti.engine.schedule.DeadlineExceededException;
import ai.tutti.engine.schedule.Timings;
import org.jspecify.annotations.Nullable;

/**
 * Vectors in the order of their texts, as they are computed. Only a bounded number of texts is under way at a time, so a
 * million texts need no more memory than a thousand. For one reader; {@link #close} drops what has not been computed.
 */
public interface EmbeddingStream extends AutoCloseable {
    /**
     * The next text's vector, {@code [dimensions]}; null after the last one. Waits until it is computed.
     *
     * @throws InterruptedException when the waiting thread is interrupted; the stream can only be closed then
     * @throws DeadlineExceededException when the request's deadline passes before; nothing more comes then
     * @throws IllegalStateException when the stream, the model or the engine was closed, or the text cannot be computed
     */
    float @Nullable [] next() throws InterruptedException;

    /** Where the request's time went until now, and how much of it was not computed anew. */
    Timings timings();

    /** Drops all work of this stream that has not started. Harmless when repeated or after the end. */
    @Override
    void close();
}
