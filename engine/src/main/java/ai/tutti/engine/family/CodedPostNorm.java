package ai.tutti.engine.family;

import ai.tutti.engine.kernel.CodeLoops;
import ai.tutti.engine.kernel.CodedActivation;
import ai.tutti.engine.kernel.CodedRows;
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
 * The residual, norms and biases are f32, the activation is f32 or, by the engine's own products, rounded to bf16, attention is
 * of the products' own type as ever.
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
 * @param coded what computes all but attention
 * @param layers the blocks
 */
record CodedPostNorm(
        Sizes sizes,
        DType type,
        CodedActivation activation,
        LayerNorm embeddingNorm,
        SelfAttention attention,
        CodedRows coded,
        List<Layer> layers)
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
        var states = States.embedded(worker, sizes, type, tokens, embed);
        var h = states.h();
        var qkv = states.qkv();
        var context = states.context();

        chunks(worker, tokens, chunk -> {
            chunk.norm(h, embeddingNorm, layers.getFirst().qkv());
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

        void norm(Matrix h, LayerNorm norm, CodedLinear next) {
            coded.norm(worker, h, first, rows, norm.norm(), next.input(), narrow);
        }

        void quantise(Matrix x, CodedLinear next) {
            coded.quantise(worker, x, first, rows, next.input(), narrow);
        }

        void project(CodedLinear linear, Matrix y) {
            coded.project(worker, narrow, rows, linear.layer(), y, first);
        }

        void activate(CodedLinear linear, CodedLinear next) {
            coded.activate(worker, narrow, rows, linear.layer(), activation, next.input(), wide);
        }

        void addNorm(CodeLoops.Codes codes, CodedLinear linear, Matrix h, LayerNorm norm, CodedLinear next) {
            coded.addNorm(worker, codes, rows, linear.layer(), h, first, norm.norm(), next.input(), narrow);
        }
    }
}
