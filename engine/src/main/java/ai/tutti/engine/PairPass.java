package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.family.Families;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.KeyValues;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Precision;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.util.function.Supplier;

/**
 * Tokens of pairs to one logit each: the encoder and a head.
 *
 * @param weightBytes native memory that the weights take
 */
record PairPass(Encoder encoder, Head head, long weightBytes) implements Pass {
    private static final System.Logger LOG = System.getLogger(PairPass.class.getName());

    PairPass {
        requireNonNull(encoder, "encoder is null");
        requireNonNull(head, "head is null");
    }

    /** How a head is made of a folder. */
    @FunctionalInterface
    interface HeadReader {
        Head read(ModelFolder folder, Weights weights);
    }

    /** See {@link Pass.Reader}; with the head that the folder's model has for classifying. */
    static PairPass read(
            ModelFolder folder, Kernels kernels, Arena arena, Precision precision, Supplier<Tile> sample) {
        return read(folder, kernels, arena, precision, sample, Families::head);
    }

    /** See {@link Pass.Reader}. */
    static PairPass read(
            ModelFolder folder,
            Kernels kernels,
            Arena arena,
            Precision precision,
            Supplier<Tile> sample,
            HeadReader heads) {
        try (var checkpoint = folder.checkpoint()) {
            var weights = new Weights(checkpoint, kernels, arena, precision, Families.storage(folder.modelType()), sample);
            folder.warnings(checkpoint).forEach(warning -> LOG.log(Level.WARNING, warning));
            var head = heads.read(folder, weights);
            if (head.outputs() != 1) {
                throw new ModelLoadException("%s: the model gives %d scores a pair, and a reranker gives one"
                        .formatted(folder.config().file(), head.outputs()));
            }
            return new PairPass(Families.encoder(folder, weights), head, weights.bytes());
        }
    }

    @Override
    public int tileTokens() {
        return encoder.tileTokens();
    }

    @Override
    public Precision precision(Precision asked) {
        return encoder.precision(asked);
    }

    @Override
    public int vocabularySize() {
        return encoder.vocabularySize();
    }

    @Override
    public long prefixBytes(int tokens) {
        return encoder.prefixBytes(tokens);
    }

    @Override
    public KeyValues prefix(Worker worker, int[] ids) {
        return encoder.prefix(worker, ids);
    }

    @Override
    public float[][] run(Worker worker, Tile tile) {
        var seen = head.seen(tile);
        return head.apply(worker, encoder.forward(worker, seen, head.rows()), seen);
    }
}
