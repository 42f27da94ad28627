package ai.tutti.engine;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.schedule.QueueFullException;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Truncation;
import java.util.List;
import java.util.Map;

/**
 * A loaded embedding model: text in, vector out. May be called by any number of threads at once; the callers only wait, the
 * {@link Engine}'s workers compute.
 */
public final class EmbeddingModel implements AutoCloseable {
    private EmbeddingModel() {}

    /**
     * Loads a folder: reads the weights, packs them for this CPU and lets the files go.
     *
     * @throws ModelLoadException when the folder cannot be served; one line that names the file
     */
    public static EmbeddingModel load(Engine engine, ModelFolder folder, ModelOptions options) {
        throw new UnsupportedOperationException();
    }

    /** The name it is served under. */
    public String name() {
        throw new UnsupportedOperationException();
    }

    /** The length of a whole vector. */
    public int dimensions() {
        throw new UnsupportedOperationException();
    }

    /** The longest text in tokens, special tokens included. */
    public int maxTokens() {
        throw new UnsupportedOperationException();
    }

    /** The arithmetic really used, never {@code auto}. */
    public Precision precision() {
        throw new UnsupportedOperationException();
    }

    /** Whether shorter {@code dimensions} may be asked for. */
    public boolean matryoshka() {
        throw new UnsupportedOperationException();
    }

    /** Native memory that the weights take, in bytes. */
    public long weightBytes() {
        throw new UnsupportedOperationException();
    }

    /** The prompts that can be asked for by name: name to the text put in front. */
    public Map<String, String> prompts() {
        throw new UnsupportedOperationException();
    }

    /**
     * Tokenises, applies prompts and cuts to the limit; computes nothing yet.
     *
     * @throws InvalidInputException for a text over the limit with {@link Truncation#ERROR}, an unknown prompt or input type,
     *     dimensions that the model does not have; fields are spelt {@code input[i]}, {@code prompt_name}, {@code input_type},
     *     {@code dimensions}
     */
    public TokenizedTexts tokenize(List<String> texts, EmbeddingOptions options) {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes token ids that the caller made, special tokens included, as they are.
     *
     * @throws InvalidInputException for ids outside the vocabulary, an empty list, and as {@link #tokenize}
     */
    public TokenizedTexts acceptTokens(List<int[]> ids, EmbeddingOptions options) {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts computing; at once, or not at all.
     *
     * @throws QueueFullException when the queue has no room for so many tokens
     */
    public EmbeddingStream embed(TokenizedTexts texts) {
        throw new UnsupportedOperationException();
    }

    /** One text's vector, {@code [dimensions]}, with the default options. */
    public float[] embed(String text) throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    /** The texts' vectors, {@code [texts][dimensions]}, with the default options. */
    public float[][] embed(List<String> texts) throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    /** Gives the native memory back when the last work under way has ended. */
    @Override
    public void close() {}
}
