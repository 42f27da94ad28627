package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.checkpoint.SentenceModule;
import ai.tutti.engine.family.Families;
import ai.tutti.engine.kernel.OneDnnException;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Pooling;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.schedule.QueueFullException;
import ai.tutti.engine.schedule.Scheduler;
import ai.tutti.engine.schedule.TileRunner;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Tokenizer;
import ai.tutti.engine.text.Truncation;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A loaded embedding model: text in, vector out. May be called by any number of threads at once; the callers only wait, the
 * {@link Engine}'s workers compute.
 */
public final class EmbeddingModel implements AutoCloseable {
    /** Tokens of one stream under way, a worker: some tiles ahead of the reader. */
    private static final long WINDOW = 2048;

    private final Engine engine;
    private final String name;
    private final Precision precision;
    private final Tokenizer tokenizer;
    private final Encoder encoder;
    private final Pooling pooling;
    private final boolean normalized;
    private final boolean matryoshka;
    private final int maxTokens;
    private final long weightBytes;
    private final Prompts prompts;
    private final Arena arena;
    /** A pass reads the weights under the read lock; closing waits for the passes that run. */
    private final ReentrantReadWriteLock lifetime = new ReentrantReadWriteLock();
    private final TileRunner runner = this::run;
    private volatile boolean closed;

    private EmbeddingModel(Engine engine, ModelFolder folder, ModelOptions options, Tokenizer tokenizer, Arena arena) {
        this.engine = engine;
        this.tokenizer = tokenizer;
        this.arena = arena;
        name = options.name();
        precision = precision(engine, options);
        pooling = pooling(folder);
        normalized = normalized(folder);
        matryoshka = Boolean.TRUE.equals(options.matryoshka());
        maxTokens = maxTokens(folder, options, leastTokens());
        prompts = Prompts.of(folder.prompts(), folder.defaultPromptName(), options.prompts());
        try (var checkpoint = folder.checkpoint()) {
            var weights = new Weights(checkpoint, engine.kernels(), arena, precision);
            encoder = Families.encoder(folder, weights);
            weightBytes = weights.bytes();
        } catch (OneDnnException e) {
            throw new ModelLoadException(folder.path() + ": " + e.getMessage(), e);
        }
        if (tokenizer.vocabularySize() > encoder.vocabularySize()) {
            throw new ModelLoadException("%s: the tokenizer has %d tokens, but the model's table only %d rows"
                    .formatted(folder.path(), tokenizer.vocabularySize(), encoder.vocabularySize()));
        }
    }

    /**
     * Loads a folder: reads the weights, packs them for this CPU and lets the files go.
     *
     * @throws ModelLoadException when the folder cannot be served; one line that names the file
     */
    public static EmbeddingModel load(Engine engine, ModelFolder folder, ModelOptions options) {
        requireNonNull(engine, "engine is null");
        requireNonNull(options, "options is null");
        var tokenizer = folder.tokenizer();
        var arena = Arena.ofShared();
        try {
            return new EmbeddingModel(engine, folder, options, tokenizer, arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            tokenizer.close();
            throw e;
        }
    }

    private static Precision precision(Engine engine, ModelOptions options) {
        var asked = options.precision();
        if (asked == null) {
            return engine.autoPrecision();
        }
        if (!engine.supportedPrecisions().contains(asked)) {
            throw new ModelLoadException("%s: this CPU (%s) cannot compute in %s; use --precision f32 or auto"
                    .formatted(options.name(), engine.cpu(), asked.wireName()));
        }
        return asked;
    }

    private static Pooling pooling(ModelFolder folder) {
        var found = new ArrayList<Pooling>();
        for (var module : folder.modules()) {
            switch (module) {
                case SentenceModule.Pooling p -> {
                    if (!p.includePrompt()) {
                        throw unserved(folder, "pooling without the prompt's tokens (include_prompt: false)");
                    }
                    found.add(new Pooling(p.modes()));
                }
                case SentenceModule.Normalize _ -> {}
                case SentenceModule.Dense _ -> throw unserved(folder, "a Dense module");
                case SentenceModule.LayerNorm _ -> throw unserved(folder, "a LayerNorm module");
            }
        }
        if (found.size() != 1) {
            throw unserved(folder, found.size() + " Pooling modules (one is needed)");
        }
        return found.getFirst();
    }

    private static ModelLoadException unserved(ModelFolder folder, String what) {
        return new ModelLoadException(folder.path().resolve("modules.json") + ": " + what + " cannot be served");
    }

    private static boolean normalized(ModelFolder folder) {
        return folder.modules().stream().anyMatch(SentenceModule.Normalize.class::isInstance);
    }

    private static int maxTokens(ModelFolder folder, ModelOptions options, int least) {
        var asked = options.maxTokens();
        if (asked == null) {
            if (folder.maxTokens() < least) {
                throw new ModelLoadException("%s limits texts to %d tokens, and %d are the least: set max-tokens"
                        .formatted(folder.path(), folder.maxTokens(), least));
            }
            return folder.maxTokens();
        }
        if (asked < least || asked > folder.positions()) {
            throw new ModelLoadException("%s: max-tokens must be between %d and %d, the rows of the position table, not %d"
                    .formatted(options.name(), least, folder.positions(), asked));
        }
        return asked;
    }

    /** The special tokens and one of the text. */
    private int leastTokens() {
        return tokenizer.prefixTokens() + tokenizer.suffixTokens() + 1;
    }

    /** The name it is served under. */
    public String name() {
        return name;
    }

    /** The length of a whole vector. */
    public int dimensions() {
        return pooling.dimensions(encoder.hiddenSize());
    }

    /** The longest text in tokens, special tokens included. */
    public int maxTokens() {
        return maxTokens;
    }

    /** The arithmetic really used, never {@code auto}. */
    public Precision precision() {
        return precision;
    }

    /** Whether shorter {@code dimensions} may be asked for. */
    public boolean matryoshka() {
        return matryoshka;
    }

    /** Native memory that the weights take, in bytes. */
    public long weightBytes() {
        return weightBytes;
    }

    /** The prompts that can be asked for by name: name to the text put in front. */
    public Map<String, String> prompts() {
        return prompts.byName();
    }

    /**
     * Tokenises, applies prompts and cuts to the limit; computes nothing yet.
     *
     * @throws InvalidInputException for a text over the limit with {@link Truncation#ERROR}, a text of no tokens at all, an
     *     unknown prompt or input type, dimensions that the model does not have; fields are spelt {@code input[i]},
     *     {@code prompt_name}, {@code input_type}, {@code dimensions}, {@code max_tokens}
     */
    public TokenizedTexts tokenize(List<String> texts, EmbeddingOptions options) {
        var batch = new Batch(options, EmbeddingModel::inputField);
        var prompt = prompts.choose(options.promptName(), options.inputType());
        for (var text : texts) {
            batch.add(tokenizer.encode(prompt + text));
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
        var batch = new Batch(options, field);
        var prompt = prompts.choose(options.promptName(), options.inputType());
        for (var text : texts) {
            if (Thread.interrupted()) {
                throw new InterruptedException("tokenising was given up");
            }
            batch.add(tokenizer.encode(prompt + text));
            soFar.accept(batch.tokens);
        }
        return batch.finish();
    }

    /**
     * Takes token ids that the caller made, special tokens included, as they are.
     *
     * @throws InvalidInputException for ids outside the vocabulary, an empty list, and as {@link #tokenize}
     */
    public TokenizedTexts acceptTokens(List<int[]> ids, EmbeddingOptions options) {
        var batch = new Batch(options, EmbeddingModel::inputField);
        for (int i = 0; i < ids.size(); i++) {
            for (int id : ids.get(i)) {
                if (id < 0 || id >= encoder.vocabularySize()) {
                    throw new InvalidInputException(
                            inputField(i),
                            "%s: token ids of %s are from 0 to %d, not %d"
                                    .formatted(inputField(i), name, encoder.vocabularySize() - 1, id));
                }
            }
            batch.add(ids.get(i).clone());
        }
        return batch.finish();
    }

    private static String inputField(int text) {
        return "input[" + text + "]";
    }

    /** Collects texts under one request's options. */
    private final class Batch {
        private final EmbeddingOptions options;
        private final IntFunction<String> field;
        private final int limit;
        private final List<Tokens> cut = new ArrayList<>();
        private long tokens;
        private long truncated;

        Batch(EmbeddingOptions options, IntFunction<String> field) {
            this.options = options;
            this.field = field;
            this.limit = limit(options.maxTokens());
            requireDimensions(options.dimensions());
        }

        void add(int[] whole) {
            if (whole.length == 0) {
                var text = field.apply(cut.size());
                throw new InvalidInputException(text, text + " has no tokens");
            }
            if (whole.length > limit && options.truncation() == Truncation.ERROR) {
                var text = field.apply(cut.size());
                throw new InvalidInputException(
                        text,
                        "%s has %,d tokens; %s takes at most %,d (truncate is 'error')"
                                .formatted(text, whole.length, name, limit));
            }
            var text = new Tokens(tokenizer.truncate(whole, limit, options.truncation()));
            cut.add(text);
            tokens += text.count();
            truncated += whole.length - text.count();
        }

        TokenizedTexts finish() {
            return new TokenizedTexts(cut, tokens, truncated, options.dimensions());
        }
    }

    private int limit(@Nullable Integer asked) {
        if (asked == null) {
            return maxTokens;
        }
        if (asked < leastTokens() || asked > maxTokens) {
            throw new InvalidInputException(
                    "max_tokens",
                    "max_tokens must be between %d and %,d for %s, not %d".formatted(leastTokens(), maxTokens, name, asked));
        }
        return asked;
    }

    private void requireDimensions(@Nullable Integer asked) {
        if (asked == null || asked == dimensions()) {
            return;
        }
        if (asked < 1 || asked > dimensions()) {
            throw new InvalidInputException(
                    "dimensions", "dimensions must be between 1 and %d for %s, not %d".formatted(dimensions(), name, asked));
        }
        if (!matryoshka) {
            throw new InvalidInputException(
                    "dimensions",
                    "%s was not trained for shorter vectors; dimensions can only be %d".formatted(name, dimensions()));
        }
    }

    /**
     * Starts computing; at once, or not at all.
     *
     * @throws QueueFullException when the queue has no room for so many tokens
     * @throws IllegalStateException when the model or the engine is closed
     */
    public EmbeddingStream embed(TokenizedTexts texts) {
        requireOpen();
        var reservation = engine.scheduler().reserve(texts.tokens());
        long window = WINDOW * engine.settings().threads();
        return new PipelinedEmbeddings(texts, runner, reservation, window, normalized);
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
        var ids = tokenizer.truncate(tokenizer.encode("ready"), maxTokens, Truncation.END);
        var sequence = engine.scheduler().probe(runner, new Tokens(ids));
        try {
            sequence.result().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(name + " cannot compute", e.getCause());
        } finally {
            sequence.cancel();
        }
    }

    private float[][] run(Worker worker, Tile tile) {
        lifetime.readLock().lock();
        try {
            requireOpen();
            var states = encoder.forward(worker, tile, pooling.rows());
            var vectors = pooling.apply(states, tile);
            for (var vector : vectors) {
                if (normalized) {
                    Vectors.normalize(vector);
                }
                // Attention reads the neighbours' rows, so what overflows in one text spreads; alone, the others are sound.
                if (!Vectors.finite(vector)) {
                    throw new IllegalStateException(name + " gives no finite vector for this text: its weights are damaged");
                }
            }
            return vectors;
        } finally {
            lifetime.readLock().unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(name + " is closed");
        }
    }

    /** Fails the texts that wait, and gives the native memory back when the last pass under way has ended. */
    @Override
    public void close() {
        engine.scheduler().fail(runner, name + " is closed");
        lifetime.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                arena.close();
                tokenizer.close();
            }
        } finally {
            lifetime.writeLock().unlock();
        }
    }
}
