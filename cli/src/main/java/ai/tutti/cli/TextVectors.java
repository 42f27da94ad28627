package ai.tutti.cli;

import java.util.List;
import java.util.function.IntFunction;

/** What turns texts into vectors for a command: a model in this process, or a server. */
sealed interface TextVectors extends AutoCloseable permits LocalVectors, ServerVectors {
    /**
     * Embeds texts; may be called by several threads at once.
     *
     * @param place names a text for messages, by its place in the list
     * @throws UsageException for a text that the model refuses
     * @throws InterruptedException when the waiting thread is interrupted
     */
    Batch embed(List<String> texts, IntFunction<String> place) throws InterruptedException;

    /** The model's name. */
    String model();

    /** Where and how it is computed, for people. */
    String how();

    @Override
    void close();

    /**
     * Vectors, one a text.
     *
     * @param vectors {@code [texts][dimensions]}
     * @param truncatedTokens how many tokens were cut off over all texts
     */
    record Batch(float[][] vectors, long truncatedTokens) {}
}
