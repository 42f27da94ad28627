package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.family.Families;
import ai.tutti.engine.kernel.OneDnnException;
import ai.tutti.engine.kernel.WeightArena;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.KeyValues;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.schedule.Reservation;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.schedule.TileRunner;
import ai.tutti.engine.schedule.Work;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.Tokenizer;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A model in memory: its tokenizer, its weights and the pass over them, between the scheduler and the faces, which turn
 * requests into tokens and results into replies. It owns the native memory and gives it back when the last pass has ended.
 */
final class LoadedModel<P extends Pass> implements AutoCloseable {
    /** Tiles of one stream under way, a worker: some ahead of the reader. */
    private static final long WINDOW = 4;

    private final Engine engine;
    private final String name;
    private final Precision precision;
    private final Tokenizer tokenizer;
    private final TokenLimit limit;
    private final P pass;
    private final Arena arena;
    private final ResultCache.OfModel cache;
    /** A pass reads the weights under the read lock; closing waits for the passes that run. */
    private final ReentrantReadWriteLock lifetime = new ReentrantReadWriteLock();
    private final TileRunner runner = new TileRunner() {
        @Override
        public String model() {
            return name;
        }

        @Override
        public int tileTokens() {
            int asked = engine.settings().tileTokens();
            if (asked > 0) {
                return asked;
            }
            // Products of int8 want many rows more than the second cache wants few.
            return precision == Precision.INT8 ? Integer.MAX_VALUE : pass.tileTokens();
        }

        @Override
        public float[][] run(Worker worker, Tile tile) {
            return LoadedModel.this.run(worker, tile);
        }

        @Override
        public void computed(Work work, float[] result) {
            if (work.text().prefix() == null) {
                cache.keep(work.text(), result);
            }
        }
    };
    private volatile boolean closed;

    private LoadedModel(
            Engine engine, Precision precision, Tokenizer tokenizer, TokenLimit limit, P pass, Arena arena) {
        this.engine = engine;
        this.name = limit.model();
        this.precision = precision;
        this.tokenizer = tokenizer;
        this.limit = limit;
        this.pass = pass;
        this.arena = arena;
        cache = engine.cache().of(runner);
    }

    /**
     * Loads a folder: reads the weights, packs them for this CPU and lets the files go.
     *
     * @param leastTokens the least that an input of this tokenizer has
     * @throws ModelLoadException when the folder cannot be served; one line that names the file
     */
    static <P extends Pass> LoadedModel<P> load(
            Engine engine,
            ModelFolder folder,
            ModelOptions options,
            ToIntFunction<Tokenizer> leastTokens,
            Pass.Reader<P> reader) {
        return load(engine, folder, options, () -> TokenizerChoice.of(folder, options), leastTokens, reader);
    }

    /**
     * As above, with another tokenizer than the folder's own.
     *
     * @param tokenizers gives it; it is closed with the model
     */
    static <P extends Pass> LoadedModel<P> load(
            Engine engine,
            ModelFolder folder,
            ModelOptions options,
            Supplier<Tokenizer> tokenizers,
            ToIntFunction<Tokenizer> leastTokens,
            Pass.Reader<P> reader) {
        requireNonNull(engine, "engine is null");
        requireNonNull(options, "options is null");
        var precision = precision(engine, folder, options);
        var tokenizer = tokenizers.get();
        var arena = new WeightArena();
        try {
            var limit = TokenLimit.of(folder, options, leastTokens.applyAsInt(tokenizer));
            // What is calibrated depends on the folder alone, so that a text's vector does not depend on the operator's limit.
            int sampled = Math.max(limit.least(), folder.maxTokens());
            var pass = reader.read(
                    folder, engine.kernels(), arena, precision, () -> CalibrationSample.tile(tokenizer, sampled));
            requireRows(folder, tokenizer.vocabularySize(), pass.vocabularySize());
            return new LoadedModel<>(engine, pass.precision(precision), tokenizer, limit, pass, arena);
        } catch (OneDnnException e) {
            arena.close();
            tokenizer.close();
            throw new ModelLoadException(folder.path() + ": " + e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            arena.close();
            tokenizer.close();
            throw e;
        }
    }

    /**
     * Checks that the model knows every token that a tokenizer may give.
     *
     * @throws ModelLoadException when it does not
     */
    static void requireRows(ModelFolder folder, int tokens, int rows) {
        if (tokens > rows) {
            throw new ModelLoadException("%s: the tokenizer has %d tokens, but the model's table only %d rows"
                    .formatted(folder.path(), tokens, rows));
        }
    }

    private static Precision precision(Engine engine, ModelFolder folder, ModelOptions options) {
        var asked = options.precision();
        if (asked == null) {
            return engine.autoPrecision(folder);
        }
        if (asked == Precision.INT8) {
            requireInt8(engine, folder, options);
        } else if (!engine.supportedPrecisions().contains(asked)) {
            throw new ModelLoadException("%s: this CPU (%s) cannot compute in %s; use --precision f32 or auto"
                    .formatted(options.name(), engine.cpu(), asked.wireName()));
        }
        return asked;
    }

    private static void requireInt8(Engine engine, ModelFolder folder, ModelOptions options) {
        var type = folder.modelType();
        if (Families.isDecoder(type)) {
            return;
        }
        if (!Families.isCoded(type)) {
            throw new ModelLoadException(
                    "%s: int8 is for BERT, XLM-RoBERTa and decoders; models of type \"%s\" are served in f32 or bf16: use --precision auto"
                            .formatted(options.name(), type));
        }
        if (!engine.kernels().cpu().multipliesBytes()) {
            throw new ModelLoadException(
                    "%s: int8 for models of type \"%s\" needs a CPU with AVX-512 VNNI, and this one is %s: use --precision auto"
                            .formatted(options.name(), type, engine.cpu()));
        }
    }

    /** The name it is served under. */
    String name() {
        return name;
    }

    /** The arithmetic really used, never {@code auto}. */
    Precision precision() {
        return precision;
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    TokenLimit limit() {
        return limit;
    }

    P pass() {
        return pass;
    }

    /**
     * Puts texts into the queue; all, or none.
     *
     * @param terms with a lane
     * @throws ai.tutti.engine.schedule.QueueFullException when it has no room for them
     * @throws IllegalStateException when the model or the engine is closed
     */
    ResultStream start(List<Tokens> texts, Terms terms) {
        requireOpen();
        return start(new KnownTexts(texts, pass.paddedLength(), cache), terms);
    }

    private ResultStream start(KnownTexts texts, Terms terms) {
        int padded = pass.paddedLength();
        long tokens = texts.sumOfUnknown(text -> Math.max(text.count(), padded));
        return stream(texts, engine.scheduler().reserve(runner, terms, tokens), null);
    }

    private ResultStream stream(KnownTexts texts, Reservation reservation, @Nullable SharedPrefix prefix) {
        return new ResultStream(texts, reservation, WINDOW * engine.mostTileTokens() * engine.settings().threads(), prefix);
    }

    /**
     * As above, for texts that begin alike: where the model can, and there is memory for it, the beginning is computed once,
     * before them.
     *
     * @param beginning token ids with which the texts begin; those that do not are computed whole
     */
    ResultStream start(List<Tokens> texts, Terms terms, int[] beginning) {
        requireOpen();
        var known = new KnownTexts(texts, 0, cache);
        long bytes = pass.prefixBytes(beginning.length);
        var room = engine.prefixRoom();
        if (bytes == 0
                || known.sumOfUnknown(text -> SharedPrefix.begins(text, beginning) ? 1 : 0) == 0
                || !room.take(bytes)) {
            return start(known, terms);
        }
        var prefix = new SharedPrefix(name, beginning, this::prefix, () -> room.giveBack(bytes));
        try {
            long computed = beginning.length + known.sumOfUnknown(prefix::left);
            return stream(known, engine.scheduler().reserve(runner, terms, computed), prefix);
        } catch (RuntimeException | Error e) {
            prefix.close();
            throw e;
        }
    }

    private KeyValues prefix(Worker worker, int[] ids) {
        beginPass();
        try {
            requireOpen();
            return pass.prefix(worker, ids);
        } finally {
            lifetime.readLock().unlock();
        }
    }

    /**
     * A real forward pass, before everything that waits and without room in the queue: for health checks.
     *
     * @throws TimeoutException when no result came in time
     */
    void probe(Tokens text, Duration timeout) throws InterruptedException, TimeoutException {
        var ticket = engine.scheduler().probe(runner, text.padded(pass.paddedLength()));
        try {
            ticket.await(timeout.toNanos());
        } catch (IllegalStateException e) {
            throw new IllegalStateException(name + " cannot compute", e);
        } finally {
            ticket.cancel();
        }
    }

    private float[][] run(Worker worker, Tile tile) {
        beginPass();
        try {
            requireOpen();
            var results = pass.run(worker, tile);
            for (var result : results) {
                // Attention reads the neighbours' rows, so what overflows in one text spreads; alone, the others are sound.
                if (!Vectors.finite(result)) {
                    throw new IllegalStateException(name + " gives no finite numbers for this text: its weights are damaged");
                }
            }
            return results;
        } finally {
            lifetime.readLock().unlock();
        }
    }

    /** Never waits: a worker that pauses within one model's pass may begin one of another, whose closing waits for yet another. */
    private void beginPass() {
        if (!lifetime.readLock().tryLock()) {
            throw isClosed();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw isClosed();
        }
    }

    private IllegalStateException isClosed() {
        return new IllegalStateException(name + " is closed");
    }

    /** Fails the texts that wait, and gives the native memory back when the last pass under way has ended. */
    @Override
    public void close() {
        closed = true; // first, or passes that begin meanwhile could keep the lock from ever being free
        engine.scheduler().fail(runner, name + " is closed");
        lifetime.writeLock().lock();
        try {
            if (arena.scope().isAlive()) {
                cache.close();
                arena.close();
                tokenizer.close();
            }
        } finally {
            lifetime.writeLock().unlock();
        }
    }
}
