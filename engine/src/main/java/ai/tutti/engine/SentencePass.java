package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.checkpoint.PoolingMode;
import ai.tutti.engine.checkpoint.SentenceModule;
import ai.tutti.engine.family.Families;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Elementwise;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Pooling;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.VectorStep;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Precision;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tokens to vectors: the encoder, the pooling, and the steps behind it in the order in which {@code modules.json} lists them.
 *
 * @param dimensions numbers a vector
 * @param paddedLength the length that texts are filled up to; 0: none is
 * @param weightBytes native memory that the weights take
 */
record SentencePass(
        Encoder encoder, Pooling pooling, List<VectorStep> steps, int dimensions, int paddedLength, long weightBytes)
        implements Pass {
    /** What PyTorch's {@code LayerNorm} adds to the variance when nothing is said; the module's files say nothing. */
    private static final float NORM_EPSILON = 1e-5f;

    /** What a family's own pooler takes. */
    private static final SentenceModule CLS = new SentenceModule.Pooling(List.of(PoolingMode.CLS), true);

    private static final System.Logger LOG = System.getLogger(SentencePass.class.getName());

    SentencePass {
        requireNonNull(encoder, "encoder is null");
        requireNonNull(pooling, "pooling is null");
        steps = List.copyOf(steps);
    }

    /** See {@link Pass.Reader}. */
    static SentencePass read(
            ModelFolder folder,
            Reproduction reproduction,
            Kernels kernels,
            Arena arena,
            Precision precision,
            Supplier<Tile> sample) {
        try (var checkpoint = folder.checkpoint()) {
            var weights = new Weights(checkpoint, kernels, arena, precision, Families.storage(folder.modelType()), sample);
            var encoder = Families.encoder(folder, weights);
            int padded = padded(folder, encoder, reproduction);
            prepare(encoder, padded);
            var pooler = encoder.pooler();
            var modules = pooler == null ? folder.modules() : List.<SentenceModule>of(CLS);
            tellOfDoubts(folder, checkpoint, pooler == null);
            var pooling = pooling(folder, modules);
            var steps = new Steps(folder, kernels, arena, pooling.dimensions(encoder.hiddenSize()), weights.bytes());
            if (pooler != null) {
                steps.steps.add(pooler);
            }
            modules.subList(1, modules.size()).forEach(steps::add);
            steps.normalize(reproduction.normalize());
            return new SentencePass(encoder, pooling, steps.steps, steps.dimensions, padded, steps.bytes);
        }
    }

    /** Everything that a pass needs, for texts of any length where they are not padded, is made now: it counts as weights. */
    private static void prepare(Encoder encoder, int padded) {
        if (padded > 0) {
            encoder.prepare(padded);
        } else {
            for (int length = 1; length <= encoder.paddedLength(); length *= 2) {
                encoder.prepare(length);
            }
        }
    }

    private static int padded(ModelFolder folder, Encoder encoder, Reproduction reproduction) {
        if (reproduction.padding() == null) {
            return encoder.paddedLength();
        }
        if (encoder.paddedLength() == 0) {
            throw new ModelLoadException("%s: padding has no effect on models of type \"%s\": leave it out"
                    .formatted(folder.path(), folder.modelType()));
        }
        return reproduction.padding() == Reproduction.Padding.MAX ? encoder.paddedLength() : 0;
    }

    private static Pooling pooling(ModelFolder folder, List<SentenceModule> modules) {
        long found = modules.stream().filter(SentenceModule.Pooling.class::isInstance).count();
        if (found != 1) {
            throw unserved(folder, found + " Pooling modules (one is needed)");
        }
        if (modules.getFirst() instanceof SentenceModule.Pooling pooling) {
            return new Pooling(pooling.modes(), pooling.includePrompt());
        }
        throw unserved(folder, "a " + modules.getFirst().getClass().getSimpleName() + " module in front of Pooling");
    }

    private static void tellOfDoubts(ModelFolder folder, Checkpoint checkpoint, boolean pooled) {
        if (pooled && folder.assumedPooling()) {
            LOG.log(Level.WARNING, "{0} has no modules.json: mean pooling, not normalised, is assumed", folder.path());
        }
        folder.warnings(checkpoint).forEach(warning -> LOG.log(Level.WARNING, warning));
    }

    private static ModelLoadException unserved(ModelFolder folder, String what) {
        return new ModelLoadException(folder.path().resolve("modules.json") + ": " + what + " cannot be served");
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

    /** Whether vectors leave with length 1. */
    boolean normalized() {
        return !steps.isEmpty() && steps.getLast() instanceof VectorStep.Normalize;
    }

    @Override
    public float[][] run(Worker worker, Tile tile) {
        var states = encoder.forward(worker, tile, pooling.rows());
        var vectors = pooling.apply(states, tile);
        for (var step : steps) {
            vectors = step.apply(worker, vectors);
        }
        return vectors;
    }

    /** Reads the modules behind pooling; each has a folder with its own weights, and takes what the one before it gives. */
    private static final class Steps {
        private final ModelFolder folder;
        private final Kernels kernels;
        private final Arena arena;
        private final List<VectorStep> steps = new ArrayList<>();
        private int dimensions;
        private long bytes;

        Steps(ModelFolder folder, Kernels kernels, Arena arena, int dimensions, long bytes) {
            this.folder = folder;
            this.kernels = kernels;
            this.arena = arena;
            this.dimensions = dimensions;
            this.bytes = bytes;
        }

        void add(SentenceModule module) {
            switch (module) {
                case SentenceModule.Normalize _ -> steps.add(new VectorStep.Normalize());
                case SentenceModule.Dense dense -> add(dense);
                case SentenceModule.LayerNorm norm -> add(norm);
                case SentenceModule.Pooling _ -> throw unserved(folder, "a second Pooling module");
                case SentenceModule.LogitScore _ -> throw unserved(folder, "a LogitScore module behind Pooling");
            }
        }

        void normalize(@Nullable Boolean asked) {
            if (asked != null) {
                if (!steps.isEmpty() && steps.getLast() instanceof VectorStep.Normalize) {
                    steps.removeLast();
                }
                if (asked) {
                    steps.add(new VectorStep.Normalize());
                }
            }
        }

        private void add(SentenceModule.Dense dense) {
            requireInput(dense.folder(), "in_features", dense.inFeatures());
            var activation = Elementwise.ofTorch(dense.activation());
            if (activation == null) {
                throw new ModelLoadException("%s: activation_function %s cannot be served (Tanh, Identity, ReLU and others can)"
                        .formatted(dense.folder().resolve("config.json"), dense.activation()));
            }
            try (var checkpoint = Checkpoint.open(dense.folder())) {
                var weights = new Weights(checkpoint, kernels, arena, Precision.F32);
                var linear = weights.exactLinear("linear", dense.inFeatures(), dense.outFeatures(), dense.bias());
                steps.add(new VectorStep.Dense(linear, activation));
                bytes += weights.bytes();
            }
            dimensions = dense.outFeatures();
        }

        private void add(SentenceModule.LayerNorm norm) {
            requireInput(norm.folder(), "dimension", norm.dimension());
            try (var checkpoint = Checkpoint.open(norm.folder())) {
                var weights = new Weights(checkpoint, kernels, arena, Precision.F32);
                steps.add(new VectorStep.Norm(weights.layerNorm("norm", dimensions, NORM_EPSILON)));
                bytes += weights.bytes();
            }
        }

        private void requireInput(Path module, String key, int said) {
            if (said != dimensions) {
                throw new ModelLoadException("%s: %s is %d, but the vectors that come to it have %d dimensions"
                        .formatted(module.resolve("config.json"), key, said, dimensions));
            }
        }
    }
}
