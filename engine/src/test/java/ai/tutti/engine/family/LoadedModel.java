package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.kernel.Helper;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.KeyValues;
import ai.tutti.engine.nn.Pooling;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Matrix;
import ai.tutti.engine.tensor.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** An encoder, its head if it has one, and a worker for them. */
final class LoadedModel implements AutoCloseable {
    private final Arena arena;
    private final Worker worker;
    private final Encoder encoder;
    private final @Nullable Head head;

    private LoadedModel(Arena arena, Worker worker, Encoder encoder, @Nullable Head head) {
        this.arena = arena;
        this.worker = worker;
        this.encoder = encoder;
        this.head = head;
    }

    static LoadedModel load(ModelFolder folder, Precision precision) {
        var kernels = Kernels.instance();
        var arena = Arena.ofShared();
        try (var checkpoint = folder.checkpoint()) {
            var weights = new Weights(
                    checkpoint, kernels, arena, precision, Families.storage(folder.modelType()), () -> sample(folder));
            var encoder = Families.encoder(folder, weights);
            boolean classifies = folder.architecture().endsWith("ForSequenceClassification");
            return new LoadedModel(
                    arena, new Worker(kernels), encoder, classifies ? Families.head(folder, weights) : null);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /** Any tokens, where those of texts are not at hand. */
    private static Tile sample(ModelFolder folder) {
        var random = new Random(3);
        int vocabulary = folder.config().requireInt("vocab_size");
        return Tile.of(IntStream.range(0, 20)
                .mapToObj(i -> new Tokens(random.ints(folder.positions() / 2, 0, vocabulary).toArray()))
                .toList());
    }

    /** Whether this CPU computes a model in a precision. */
    static boolean computes(ModelFolder folder, Precision precision) {
        var cpu = Kernels.instance().cpu();
        if (precision == Precision.INT8) {
            return Families.isDecoder(folder.modelType())
                    || (Families.isCoded(folder.modelType()) && cpu.multipliesBytes());
        }
        return cpu.supportedPrecisions().contains(precision);
    }

    Encoder encoder() {
        return encoder;
    }

    /** A second worker joins in until it is closed. */
    Helper helper() {
        return new Helper(worker);
    }

    /** What texts can begin with. */
    KeyValues prefix(int[] ids) {
        return encoder.prefix(worker, ids);
    }

    Worker worker() {
        return worker;
    }

    /** Hidden states {@code [texts][tokens][hidden]}; with others than {@link Rows#ALL} of one token each. */
    float[][][] states(Tile tile, Rows rows) {
        var states = encoder.forward(worker, tile, rows);
        var copy = new float[tile.texts()][][];
        for (int text = 0; text < tile.texts(); text++) {
            int first = rows == Rows.ALL ? tile.starts()[text] : text;
            copy[text] = new float[rows == Rows.ALL ? tile.length(text) : 1][];
            for (int i = 0; i < copy[text].length; i++) {
                copy[text][i] = row(states, first + i);
            }
        }
        return copy;
    }

    /** Vectors {@code [texts][dimensions]}. */
    float[][] vectors(Tile tile, Pooling pooling) {
        return pooling.apply(encoder.forward(worker, tile, pooling.rows()), tile);
    }

    /** Whether it has a head. */
    boolean classifies() {
        return head != null;
    }

    /** Logits {@code [texts][labels]}. */
    float[][] logits(Tile tile) {
        if (head == null) {
            throw new IllegalStateException("the model has no head");
        }
        var seen = head.seen(tile);
        return head.apply(worker, encoder.forward(worker, seen, head.rows()), seen);
    }

    private static float[] row(Matrix states, int row) {
        var values = new float[states.columns()];
        MemorySegment.copy(states.data(), ValueLayout.JAVA_FLOAT, row * states.rowBytes(), values, 0, values.length);
        return values;
    }

    @Override
    public void close() {
        worker.close();
        arena.close();
    }
}
