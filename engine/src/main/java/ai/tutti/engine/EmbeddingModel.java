package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.schedule.Lane;
import ai.tutti.engine.schedule.QueueFullException;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.schedule.Timings;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Tokenizer;
import ai.tutti.engine.text.Truncation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A loaded embedding model: text in, vector out. May be called by any number of threads at once; the callers only wait, the
 * {@link Engine}'s workers compute.
 */
public final class EmbeddingModel implements AutoCloseable {
    private final LoadedModel<SentencePass> model;
    private final boolean matryoshka;
    private final Prompts prompts;

    private EmbeddingModel(LoadedModel<SentencePass> model, boolean matryoshka, Prompts prompts) {
        this.model = model;
        this.matryoshka = matryoshka;
        this.prompts = prompts;
    }

    /**
     * Loads a folder: reads the weights, packs them for this CPU and lets the files go.
     *
     * @throws ModelLoadException when the folder cannot be served; one line that names the file
     */
    public static EmbeddingModel load(Engine engine, ModelFolder folder, ModelOptions options) {
        return new EmbeddingModel(
                LoadedModel.load(
                        engine,
                        folder,
                        options,
                        EmbeddingModel::leastTokens,
                        (files, kernels, arena, precision, sample) ->
                                SentencePass.read(files, options.reproduction(), kernels, arena, precision, sample)),
                Boolean.TRUE.equals(options.matryoshka()),
                new Prompts(folder.prompts(), folder.defaultPromptName(), options.prompts()));
    }

    /** The special tokens and one of the text. */
    private static int leastTokens(Tokenizer tokenizer) {
        return tokenizer.prefixTokens() + tokenizer.suffixTokens() + 1;
    }

    /** The name it is served under. */
    public String name() {
        return model.name();
    }

    /** The length of a whole vector. */
    public int dimensions() {
        return model.pass().dimensions();
    }

    /** The longest text in tokens, special tokens included. */
    public int maxTokens() {
        return model.limit().most();
    }

    /** The arithmetic really used, never {@code auto}. */
    public Precision precision() {
        return model.precision();
    }

    /** Whether shorter {@code dimensions} may be asked for. */
    public boolean matryoshka() {
        return matryoshka;
    }

    /** Native memory that the weights take, in bytes. */
    public long weightBytes() {
        return model.pass().weightBytes();
    }

    /** The prompts that can be asked for by name: name to the text put in front. */
    public Map<String, String> prompts() {
        return prompts.byName();
    }

    LoadedModel<SentencePass> loaded() {
        return model;
    }

    Prompts declaredPrompts() {
        return prompts;
    }

    /**
     * Tokenises, applies prompts and cuts to the limit; computes nothing yet.
     *
     * @throws InvalidInputException for a text over the limit with {@link Truncation#ERROR}, a text of no tokens at all, an
     *     unknown prompt or input type, dimensions that the model does not have; fields are spelt {@code input[i]},
     *     {@code prompt_name}, {@code input_type}, {@code dimensions}, {@code max_tokens}
     */
    public TokenizedTexts tokenize(List<String> texts, EmbeddingOptions options) {
        var batch = batch(options, EmbeddingModel::inputField);
        var prompt = prompts.choose(options.promptName(), options.inputType());
        int leftOut = leftOut(prompt, batch.limit());
        for (var text : texts) {
            batch.add(model.tokenizer().encode(prompt + text), leftOut);
        }
        return batch.finish();
    }

    /**
     * As {@link #tokenize(List, EmbeddingOptions)}, for a request: errors name each text as the request does, and {@code soFar}
     * hears after each how many tokens there are and can refuse more by throwing. Stops when the thread is interrupted.
     */
    public TokenizedTexts tokenize(
            List<String> texts, EmbeddingOptions options, IntFunction<String> field, LongConsumer soFar)
            throws InterruptedException {
        var batch = batch(options, field);
        var prompt = prompts.choose(options.promptName(), options.inputType());
        int leftOut = leftOut(prompt, batch.limit());
        for (var text : texts) {
            if (Thread.interrupted()) {
                throw new InterruptedException("tokenising was given up");
            }
            batch.add(model.tokenizer().encode(prompt + text), leftOut);
            soFar.accept(batch.tokens());
        }
        return batch.finish();
    }

    /**
     * How many tokens of a text that begins with the prompt are left out of pooling: as sentence-transformers counts them,
     * the tokens of the prompt alone with its special tokens, but for the last of those.
     */
    private int leftOut(String prompt, int limit) {
        if (prompt.isEmpty() || model.pass().pooling().includePrompt()) {
            return 0;
        }
        int tokens = Math.min(model.tokenizer().encode(prompt).length, limit);
        return model.tokenizer().suffixTokens() > 0 ? tokens - 1 : tokens;
    }

    /**
     * Takes token ids that the caller made, special tokens included, as they are.
     *
     * @throws InvalidInputException for ids outside the vocabulary, an empty list, and as {@link #tokenize}
     */
    public TokenizedTexts acceptTokens(List<int[]> ids, EmbeddingOptions options) {
        var batch = batch(options, EmbeddingModel::inputField);
        int vocabulary = model.pass().vocabularySize();
        for (int i = 0; i < ids.size(); i++) {
            for (int id : ids.get(i)) {
                if (id < 0 || id >= vocabulary) {
                    throw new InvalidInputException(
                            inputField(i),
                            "%s: token ids of %s are from 0 to %d, not %d"
                                    .formatted(inputField(i), name(), vocabulary - 1, id));
                }
            }
            batch.add(ids.get(i).clone(), 0);
        }
        return batch.finish();
    }

    private static String inputField(int text) {
        return "input[" + text + "]";
    }

    private TextBatch batch(EmbeddingOptions options, IntFunction<String> field) {
        requireDimensions(options.dimensions());
        return new TextBatch(model.tokenizer(), model.limit(), options, field);
    }

    private void requireDimensions(@Nullable Integer asked) {
        if (asked == null || asked == dimensions()) {
            return;
        }
        if (!matryoshka) {
            throw new InvalidInputException(
                    "dimensions",
                    "%s was not trained for shorter vectors; dimensions can only be %d, not %d"
                            .formatted(name(), dimensions(), asked));
        }
        if (asked < 1 || asked > dimensions()) {
            throw new InvalidInputException(
                    "dimensions",
                    "dimensions must be between 1 and %d for %s, not %d".formatted(dimensions(), name(), asked));
        }
    }

    /** As {@link #embed(TokenizedTexts, Terms)}, on the usual terms: few tokens go before many. */
    public EmbeddingStream embed(TokenizedTexts texts) {
        return embed(texts, Terms.DEFAULT);
    }

    /**
     * Starts computing; at once, or not at all.
     *
     * @param terms those without a lane get it by the number of tokens
     * @throws QueueFullException when the lane has no room for so many tokens
     * @throws IllegalStateException when the model or the engine is closed
     */
    public EmbeddingStream embed(TokenizedTexts texts, Terms terms) {
        var results = model.start(texts.texts(), terms.orLane(Lane.ofTexts(texts.tokens())));
        return new Embeddings(results, texts.dimensions(), model.pass().normalized());
    }

    /** Vectors, each cut to the dimensions that were asked for, and scaled to length 1 again where the whole ones are. */
    private record Embeddings(ResultStream results, @Nullable Integer dimensions, boolean normalized)
            implements EmbeddingStream {
        @Override
        public float @Nullable [] next() throws InterruptedException {
            var vector = results.next();
            if (vector == null || dimensions == null || dimensions == vector.length) {
                return vector;
            }
            var cut = Vectors.cut(vector, dimensions);
            if (normalized) {
                Vectors.normalize(cut);
            }
            return cut;
        }

        @Override
        public Timings timings() {
            return results.timings();
        }

        @Override
        public void close() {
            results.close();
        }
    }

    /** One text's vector, {@code [dimensions]}, with the default options. */
    public float[] embed(String text) throws InterruptedException {
        return embed(List.of(text))[0];
    }

    /** The texts' vectors, {@code [texts][dimensions]}, with the default options. */
    public float[][] embed(List<String> texts) throws InterruptedException {
        return vectors(tokenize(texts, EmbeddingOptions.DEFAULT));
    }

    /** All vectors of tokenised texts, {@code [texts][dimensions]}. */
    public float[][] vectors(TokenizedTexts texts) throws InterruptedException {
        var vectors = new float[texts.size()][];
        try (var stream = embed(texts)) {
            for (int i = 0; i < vectors.length; i++) {
                vectors[i] = requireNonNull(stream.next());
            }
        }
        return vectors;
    }

    /**
     * A real forward pass, before everything that waits and without room in the queue: for health checks.
     *
     * @throws TimeoutException when no vector came in time
     */
    public void probe(Duration timeout) throws InterruptedException, TimeoutException {
        var tokenizer = model.tokenizer();
        model.probe(new Tokens(tokenizer.truncate(tokenizer.encode("ready"), maxTokens(), Truncation.END)), timeout);
    }

    /** Fails the texts that wait, and gives the native memory back when the last pass under way has ended. */
    @Override
    public void close() {
        model.close();
    }
}
