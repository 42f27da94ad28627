package ai.tutti.engine;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.schedule.QueueFullException;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** Scores documents by their relevance to a query. May be called by any number of threads at once; the callers only wait. */
public interface RerankModel extends AutoCloseable {
    /**
     * Loads a folder's reranker: one that is asked by a prompt, where the options name one or the folder has one, else a
     * cross-encoder.
     *
     * @throws ModelLoadException when the folder cannot be served, or nothing says how its model gives a score; one line
     */
    static RerankModel load(Engine engine, ModelFolder folder, ModelOptions options) {
        var prompt = options.template() == null ? ChatPrompt.of(folder) : options.template();
        if (prompt != null) {
            return PromptReranker.load(engine, folder, options, prompt);
        }
        if (folder.architecture().endsWith("ForCausalLM")) {
            throw new ModelLoadException(("%s: %s is a language model, and nothing says how it is asked for a score: serve it under"
                            + " the name it was published by, or set template: (%s, or one of your own) for %s in the configuration file")
                    .formatted(
                            folder.config().file(), folder.architecture(), String.join(", ", RerankPrompt.names()), options.name()));
        }
        return CrossEncoder.load(engine, folder, options);
    }

    /** The name it is served under. */
    String name();

    /** The longest input in tokens, special tokens included. */
    int maxTokens();

    Precision precision();

    /** Native memory that the weights take, in bytes. */
    long weightBytes();

    /** One sentence on what the score is, for the list of models. */
    String scoreDescription();

    /**
     * Tokenises and starts scoring; at once, or not at all.
     *
     * @param terms those without a lane get it by the number of tokens
     * @throws InvalidInputException when the options or the input cannot be served; names the field
     * @throws QueueFullException when the queue is full
     * @throws InterruptedException when the thread is interrupted while it tokenises
     */
    RerankStream start(String query, List<String> documents, RerankOptions options, Terms terms)
            throws InterruptedException;

    /** As the other, on the usual terms. */
    default RerankStream start(String query, List<String> documents, RerankOptions options) throws InterruptedException {
        return start(query, documents, options, Terms.DEFAULT);
    }

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

    /**
     * A real forward pass, before everything that waits and without room in the queue: for health checks.
     *
     * @throws TimeoutException when no result came in time
     */
    void probe(Duration timeout) throws InterruptedException, TimeoutException;

    /** Fails the texts that wait, and gives the native memory back when the last pass under way has ended. */
    @Override
    void close();
}
