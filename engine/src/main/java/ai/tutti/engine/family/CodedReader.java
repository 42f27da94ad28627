package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.CodeLoops;
import ai.tutti.engine.kernel.CodedActivation;
import ai.tutti.engine.kernel.CodedRows;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.CodedLinear;
import ai.tutti.engine.nn.ColumnRanges;
import ai.tutti.engine.nn.LayerNorm;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.SelfAttention;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Reads a {@link CodedPostNorm}: layer by layer, a sample of texts goes through the layer in the products' own type, and what it
 * shows of each product's input decides the layer's codes. So one layer at a time is in memory twice, and the same folder
 * gives the same codes at every start on one kind of CPU.
 *
 * <p>The exponents α and the feed-forward's zero were chosen by the vectors of bge-small-en-v1.5, see docs/accuracy.md.
 */
final class CodedReader {
    private static final float QKV = 0.7f;
    private static final float OUT = 0.4f;
    private static final float UP = 0.6f;
    private static final float DOWN = 0.6f;
    /** In the middle: -127 to 127. */
    private static final int EVEN = 128;
    /** GELU's results are rarely far below 0, so three quarters of the codes are for those above. */
    private static final int LOW = 64;

    private final Weights weights;
    private final Sizes sizes;
    private final List<String> projections;
    private final Activation activation;
    private final SelfAttention attention;
    private final CodedRows rows;

    CodedReader(Weights weights, Sizes sizes, List<String> projections, Activation activation, SelfAttention attention) {
        this.weights = weights;
        this.sizes = sizes;
        this.projections = projections;
        this.activation = activation;
        this.attention = attention;
        rows = weights.kernels().codedRows(sizes.hidden(), sizes.feedForward(), weights.products());
    }

    /**
     * Reads the layers.
     *
     * @param prefix what the names of a layer's tensors begin with, but for its number and a dot
     * @param embed writes a tile's embeddings, not normalised yet
     * @throws ModelLoadException when the model is none that can be computed in bytes
     */
    CodedPostNorm read(ModelConfig config, String prefix, LayerNorm embeddingNorm, BiConsumer<Tile, Matrix> embed) {
        Supported.vectorModule(config);
        var coded = CodedActivation.of(activation);
        if (coded == null) {
            throw new ModelLoadException("%s: hidden_act is %s; in int8 only gelu and relu can be served: use --precision auto"
                    .formatted(config.file(), config.stringOr("hidden_act", "gelu")));
        }
        if (!CodeLoops.computed() || sizes.hidden() % CodeLoops.COLUMNS != 0 || sizes.feedForward() % CodeLoops.COLUMNS != 0) {
            throw new ModelLoadException(
                    "%s: in int8 hidden_size and intermediate_size must be multiples of %d, not %d and %d: use --precision auto"
                            .formatted(config.file(), CodeLoops.COLUMNS, sizes.hidden(), sizes.feedForward()));
        }
        var tile = weights.sample();
        try (var worker = new Worker(weights.kernels())) {
            var pass = new Pass(worker, tile, embeddingNorm, embed);
            var layers = new ArrayList<CodedPostNorm.Layer>();
            for (int i = 0; i < sizes.layers(); i++) {
                layers.add(read(prefix + i + ".", pass));
            }
            return new CodedPostNorm(sizes, weights.products(), coded, embeddingNorm, attention, rows, layers);
        }
    }

    private CodedPostNorm.Layer read(String name, Pass pass) {
        try (var arena = Arena.ofConfined()) {
            var plain = PostNorm.Layer.read(
                    weights.uncoded(arena), sizes, name, projections, sizes.queryScale(), attention, activation);
            pass.run(plain);
        }
        int hidden = sizes.hidden();
        int wide = sizes.feedForward();
        var qkv = projections.stream().map(one -> name + "attention.self." + one).toList();
        return new CodedPostNorm.Layer(
                linear(qkv, hidden, hidden, sizes.queryScale(), pass.states, QKV, EVEN),
                linear(List.of(name + "attention.output.dense"), hidden, hidden, 1, pass.contexts, OUT, EVEN),
                weights.layerNorm(name + "attention.output.LayerNorm", hidden, sizes.epsilon()),
                linear(List.of(name + "intermediate.dense"), hidden, wide, 1, pass.attended, UP, EVEN),
                linear(List.of(name + "output.dense"), wide, hidden, 1, pass.activated, DOWN, LOW),
                weights.layerNorm(name + "output.LayerNorm", hidden, sizes.epsilon()));
    }

    private CodedLinear linear(
            List<String> names, int in, int out, float firstScale, ColumnRanges seen, float alpha, int zero) {
        return CodedLinear.of(
                weights,
                rows,
                weights.rawWeights(names, in, out, firstScale),
                weights.rawBias(names, out, firstScale),
                seen,
                alpha,
                zero);
    }

    /** The sample on its way through the layers, and what the last of them saw. */
    private final class Pass {
        private final Worker worker;
        private final Tile tile;
        private final Matrix h;
        private final Matrix x;
        private final Matrix qkv;
        private final Matrix context;
        private final Matrix wide;
        private ColumnRanges states;
        private ColumnRanges contexts;
        private ColumnRanges attended;
        private ColumnRanges activated;

        Pass(Worker worker, Tile tile, LayerNorm norm, BiConsumer<Tile, Matrix> embed) {
            this.worker = worker;
            this.tile = tile;
            int hidden = sizes.hidden();
            var type = weights.products();
            var memory = States.embedded(worker, sizes, type, tile.tokens(), embeddings -> embed.accept(tile, embeddings));
            h = memory.h();
            qkv = memory.qkv();
            context = memory.context();
            x = type == DType.F32 ? h : memory.beside(worker, "operand", type, hidden);
            wide = memory.beside(worker, "wide", type, sizes.feedForward());
            norm.apply(worker, tile.tokens(), h, x);
            states = contexts = attended = new ColumnRanges(hidden);
            activated = new ColumnRanges(sizes.feedForward());
        }

        void run(PostNorm.Layer layer) {
            int tokens = tile.tokens();
            states = seen(x);
            layer.qkv().apply(worker, tokens, x, Activation.NONE, qkv);
            layer.attention().apply(worker, tile, qkv, context, Rows.ALL);
            contexts = seen(context);
            layer.attentionOut().addTo(worker, tokens, context, h);
            layer.attentionNorm().apply(worker, tokens, h, x);
            attended = seen(x);
            layer.up().apply(worker, tokens, x, activation, wide);
            activated = seen(wide);
            layer.down().addTo(worker, tokens, wide, h);
            layer.outputNorm().apply(worker, tokens, h, x);
        }

        private ColumnRanges seen(Matrix input) {
            var ranges = new ColumnRanges(input.columns());
            ranges.add(input, tile.tokens());
            return ranges;
        }
    }
}
