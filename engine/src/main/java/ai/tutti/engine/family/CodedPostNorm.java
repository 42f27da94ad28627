package ai.tutti.engine.family;

import ai.tutti.engine.kernel.CodeLoops;
import ai.tutti.engine.kernel.CodedActivation;
import ai.tutti.engine.kernel.CodedWeights;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.CodedLinear;
import ai.tutti.engine.nn.LayerNorm;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.SelfAttention;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.util.List;
import java.util.function.Consumer;

/**
 * {@link PostNorm} by products of bytes: the same layers, with weights of eight bits and, row by row, inputs of eight bits.
 * The residual, norms, biases and the activation are f32, attention is of the products' own type as ever.
 *
 * <p><b>Chunks.</b> All but attention goes over rows that know nothing of one another. They are taken some at a time through
 * everything from one attention to the next, so that what lies between the products stays near the core:
 *
 * <pre>
 * c = codes(context)
 * h = LN(h + c Wo'ᵀ + bo);            c = codes(h)
 * w = codes(act(c Wi'ᵀ + bi))
 * h = LN(h + w Wd'ᵀ + bd);            c = codes(h)
 * q, k, v = c Wqkv'ᵀ + bqkv           the next layer's
 * </pre>
 *
 * <p>Bytes are summed exactly, everything else is a row's own: where chunks begin and which worker takes them changes no bit.
 *
 * @param sizes of the model
 * @param type of attention's operands
 * @param activation of the feed-forward
 * @param embeddingNorm the norm of what enters the first layer
 * @param layers the blocks
 */
record CodedPostNorm(
        Sizes sizes, DType type, CodedActivation activation, LayerNorm embeddingNorm, SelfAttention attention, List<Layer> layers)
        implements EncoderLayers {
    /** Rows from one attention to the next at a time; with fewer, weights come from the third cache too often. */
    private static final int CHUNK = 512;

    private static final int LEAST_ROWS = 64;

    /** One block; q, k and v are one product, with {@code 1 / sqrt(headSize)} in the query's weights. */
    record Layer(
            CodedLinear qkv,
            CodedLinear attentionOut,
            LayerNorm attentionNorm,
            CodedLinear up,
            CodedLinear down,
            LayerNorm outputNorm) {}

    CodedPostNorm {
        layers = List.copyOf(layers);
    }

    @Override
    public Matrix forward(Worker worker, Tile tile, Rows rows, Consumer<Matrix> embed) {
        int tokens = tile.tokens();
        int hidden = sizes.hidden();
        int room = Kernels.bucket(tokens) + SelfAttention.SLACK;
        var h = worker.matrix("hidden", DType.F32, room, hidden); // [tokens, hidden], the residual
        var qkv = worker.matrix("qkv", type, room, 3 * hidden); // [tokens, 3 * hidden]
        var context = worker.matrix("context", type, room, hidden); // [tokens, hidden]

        embed.accept(h);
        h.clear(tokens, room); // what is read behind the last token must be finite
        qkv.clear(tokens, room);
        context.clear(tokens, room);
        embeddingNorm.apply(worker, tokens, h, h);
        chunks(worker, tokens, chunk -> {
            chunk.quantise(h, layers.getFirst().qkv());
            chunk.project(layers.getFirst().qkv(), qkv);
        });
        int count = tokens;
        for (int i = 0; i < layers.size(); i++) {
            worker.requireWanted();
            var layer = layers.get(i);
            boolean last = i == layers.size() - 1;
            boolean first = last && rows == Rows.FIRST;
            attention.apply(worker, tile, qkv, context, first ? Rows.FIRST : Rows.ALL);
            if (first) {
                count = tile.texts();
                tile.gatherFirst(h, context); // [texts, hidden] from here on
            }
            var next = last ? layer.qkv() : layers.get(i + 1).qkv(); // behind the last layer nobody asks for codes
            chunks(worker, count, chunk -> {
                chunk.quantise(context, layer.attentionOut());
                chunk.addNorm(chunk.narrow, layer.attentionOut(), h, layer.attentionNorm(), layer.up());
                chunk.activate(layer.up(), layer.down());
                chunk.addNorm(chunk.wide, layer.down(), h, layer.outputNorm(), next);
                if (!last) {
                    chunk.project(next, qkv);
                }
            });
        }
        if (rows == Rows.LAST) {
            tile.gatherLast(h); // [texts, hidden]
        }
        return h;
    }

    private void chunks(Worker worker, int rows, Consumer<Chunk> step) {
        worker.split(Kernels.bucket(rows), LEAST_ROWS, (member, first, count) -> {
            for (int row = first; row < first + count; row += CHUNK) {
                step.accept(new Chunk(member, row, Math.min(CHUNK, first + count - row)));
            }
        });
    }

    /** Some rows on their way, with a worker's own memory between their products. */
    private final class Chunk {
        private final Worker worker;
        private final int first;
        private final int rows;
        private final CodeLoops.Codes narrow;
        private final CodeLoops.Codes wide;

        Chunk(Worker worker, int first, int rows) {
            this.worker = worker;
            this.first = first;
            this.rows = rows;
            var steps = worker.matrix("codes.steps", DType.F32, CHUNK, 1);
            var numbers = worker.matrix("codes.numbers", DType.F32, 1, Math.max(sizes.feedForward(), sizes.hidden()));
            narrow = new CodeLoops.Codes(worker.matrix("codes", DType.U8, CHUNK, sizes.hidden()), steps, numbers);
            wide = new CodeLoops.Codes(worker.matrix("codes.wide", DType.U8, CHUNK, sizes.feedForward()), steps, numbers);
        }

        /** The product alone. */
        private Matrix results(CodedLinear linear, CodeLoops.Codes codes) {
            var results = worker.matrix("codes.results", CodedWeights.results(), CHUNK, linear.weights().out());
            linear.apply(worker, rows, codes.matrix(), results);
            return results;
        }

        void quantise(Matrix x, CodedLinear next) {
            CodeLoops.quantise(x, first, rows, next.input(), narrow);
        }

        void project(CodedLinear linear, Matrix y) {
            CodeLoops.rescale(results(linear, narrow), rows, linear.bias(), narrow, y, first);
        }

        void activate(CodedLinear linear, CodedLinear next) {
            CodeLoops.activate(results(linear, narrow), rows, linear.bias(), narrow, activation, next.input(), wide);
        }

        void addNorm(CodeLoops.Codes codes, CodedLinear linear, Matrix h, LayerNorm norm, CodedLinear next) {
            CodeLoops.addNorm(
                    results(linear, codes),
                    rows,
                    linear.bias(),
                    h,
                    first,
                    norm.scale(),
                    norm.shift(),
                    norm.epsilon(),
                    next.input(),
                    narrow);
        }
    }
}
