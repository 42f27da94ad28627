package ai.tutti.search;

import java.util.List;

/**
 * Texts to vectors, by one model: {@link EngineEmbedder} in this process, {@link ServerEmbedder} through any server. May be
 * called by any number of threads at once.
 */
public interface Embedder {
    /** The model's name; a store remembers it and takes no other model's vectors. */
    String model();

    /** The length of a vector. */
    int dimensions();

    /** The longest text in tokens, special tokens included; what is longer is cut. */
    int maxTokens();

    /**
     * Embeds texts, as many as there are.
     *
     * @param kind what they are, for models that have a prompt for it
     * @return {@code [texts][dimensions]}, in the order of the texts
     * @throws InterruptedException when the waiting thread is interrupted; what has not started is dropped
     */
    float[][] embed(List<String> texts, InputKind kind) throws InterruptedException;

    /**
     * How many tokens a document's text has with the special tokens and the prompt around it, cut or not. Where the model is
     * not at hand it is an estimate that is rather too high.
     */
    int countTokens(String text);

    /** How many tokens were cut off all texts so far because they were over the limit. */
    long truncatedTokens();

    /** What a store needs to know of this model. */
    default VectorSpace space() {
        return new VectorSpace(model(), dimensions());
    }
}
