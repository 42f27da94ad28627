package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.kernel.Cpu;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Niceness;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.schedule.Scheduler;
import ai.tutti.engine.tensor.Precision;
import java.util.List;

/**
 * What all models of a process share: oneDNN, one worker thread a core, and the queue in front of them. One engine a process
 * is the rule; close it last.
 */
public final class Engine implements AutoCloseable {
    /**
     * The engine's settings.
     *
     * @param threads worker threads, each computing on one core; by default as many as cores in the process's affinity
     * @param queueTokens how many tokens may be accepted and not yet computed, over all models, in each lane
     * @param cacheBytes memory for results of texts that were computed before, over all models, in bytes; 0: none are kept
     * @param tileTokens how many tokens are computed together, whatever the model; 0: what is best for each, at most 512
     */
    public record Settings(int threads, long queueTokens, long cacheBytes, int tileTokens) {
        public static final Settings DEFAULT = new Settings(Runtime.getRuntime().availableProcessors(), 4_000_000);

        /** Without a cache. */
        public Settings(int threads, long queueTokens) {
            this(threads, queueTokens, 0);
        }

        /** With tiles of the size that is best for each model. */
        public Settings(int threads, long queueTokens, long cacheBytes) {
            this(threads, queueTokens, cacheBytes, 0);
        }

        public Settings {
            if (threads < 1) {
                throw new IllegalArgumentException("threads must be at least 1, not " + threads);
            }
            if (queueTokens < 1) {
                throw new IllegalArgumentException("queueTokens must be at least 1, not " + queueTokens);
            }
            if (cacheBytes < 0) {
                throw new IllegalArgumentException("cacheBytes must be at least 0, not " + cacheBytes);
            }
            if (tileTokens < 0) {
                throw new IllegalArgumentException("tileTokens must be at least 0, not " + tileTokens);
            }
        }
    }

    /** How much work waits and runs at this moment. */
    public record Load(long reservedTokens, long queuedTokens, long queuedTexts, int busyWorkers) {}

    /** From here on no model that was measured gets faster: {@code bench/run tile}. */
    private static final int MOST_TILE_TOKENS = 512;

    /** Eight thousand tokens of a model of seven billion parameters. */
    private static final long PREFIX_BYTES = 1L << 30;

    /** Of a core for which a worker competes, background work gets a tenth; a core that idles is all its own. */
    private static final int BACKGROUND_NICENESS = 10;

    private final Settings settings;
    private final Kernels kernels;
    private final Scheduler scheduler;
    private final ResultCache cache;
    private final PrefixRoom prefixRoom = new PrefixRoom(PREFIX_BYTES);

    private Engine(Settings settings) {
        this.settings = requireNonNull(settings, "settings is null");
        kernels = Kernels.instance();
        cache = new ResultCache(settings.cacheBytes());
        scheduler = new Scheduler(settings.threads(), settings.queueTokens(), mostTileTokens(), kernels);
    }

    /**
     * Loads the native library and starts the workers.
     *
     * @throws ai.tutti.engine.kernel.OneDnnException when there is no native library for this platform
     */
    public static Engine create(Settings settings) {
        return new Engine(settings);
    }

    public Settings settings() {
        return settings;
    }

    /** What {@code auto} means on this CPU. */
    public Precision autoPrecision() {
        return kernels.cpu().autoPrecision();
    }

    /**
     * What {@code auto} means for a model on this CPU. bf16's rounding grows too large in M2-BERT, which multiplies integers of 16
     * bits in two halves of eight instead ({@link ai.tutti.engine.nn.Operands}): three products of bytes, which are faster than
     * one of f32 only on AMX.
     */
    public Precision autoPrecision(ModelFolder folder) {
        if (folder.modelType().equals("m2_bert") && kernels.cpu().isa() != Cpu.Isa.AMX) {
            return Precision.F32;
        }
        return autoPrecision();
    }

    /** The precisions that this CPU can compute for every family; int8 weights it can unpack for decoders, whatever it is. */
    public List<Precision> supportedPrecisions() {
        return kernels.cpu().supportedPrecisions();
    }

    /** The CPU and the instruction set in use, for people: {@code "Intel, AMX"}. */
    public String cpu() {
        return kernels.cpu().title();
    }

    /**
     * A thread for work that must not disturb the workers, such as loading a model while another computes: on Linux it gets
     * the cores that idle, and where all are busy a tenth of one. Not yet started; it keeps no process alive.
     */
    public Thread background(String name, Runnable work) {
        return Thread.ofPlatform()
                .name(requireNonNull(name, "name is null"))
                .daemon()
                .stackSize(Scheduler.WORKER_STACK)
                .unstarted(() -> {
                    Niceness.add(BACKGROUND_NICENESS);
                    work.run();
                });
    }

    public Load load() {
        var load = scheduler.load();
        return new Load(load.reservedTokens(), load.queuedTokens(), load.queuedTexts(), load.busyWorkers());
    }

    /** Native memory that this process's workers have to compute in, in bytes; it grows with the largest tile. */
    public long workingBytes() {
        return Worker.workingBytes();
    }

    /** What has been done since the engine was created. */
    public Statistics statistics() {
        return new Statistics(scheduler.statistics(), cache.statistics());
    }

    /** No tile has more tokens, but for a longer text alone. */
    int mostTileTokens() {
        return settings.tileTokens() > 0 ? settings.tileTokens() : MOST_TILE_TOKENS;
    }

    ResultCache cache() {
        return cache;
    }

    Kernels kernels() {
        return kernels;
    }

    PrefixRoom prefixRoom() {
        return prefixRoom;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    /** Fails what waits, lets what runs end, stops the workers. Models are to be closed before. */
    @Override
    public void close() {
        scheduler.close();
    }
}
