package ai.tutti.engine.family;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.LayerNorm;
import ai.tutti.engine.nn.Linear;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.SelfAttention;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The encoder of Vaswani et al. (2017, arXiv:1706.03762), with the norms behind the residual connections, as BERT and its
 * descendants have it.
 *
 * <pre>
 * h = LN(embedding)
 * each layer:
 *     q, k, v = h Wqᵀ + bq, h Wkᵀ + bk, h Wvᵀ + bv
 *     h = LN(h + attention(q, k, v) Woᵀ + bo)
 *     h = LN(h + act(h Wiᵀ + bi) Wdᵀ + bd)
 * </pre>
 *
 * <p>The residual h is f32 always; what enters a product is h in the products' type. When only the first token's state is
 * wanted, the last layer computes keys and values of all tokens and everything else for the first ones alone.
 *
 * @param sizes of the model
 * @param type of the products' operands
 * @param activation of the feed-forward
 * @param embeddingNorm the norm of what enters the first layer
 * @param layers the blocks
 */
record PostNorm(Sizes sizes, DType type, Activation activation, LayerNorm embeddingNorm, List<Layer> layers)
        implements EncoderLayers {
    /** One block; q, k and v are one product, with {@code 1 / sqrt(headSize)} in the query's weights. */
    record Layer(
            Linear qkv,
            SelfAttention attention,
            Linear attentionOut,
            LayerNorm attentionNorm,
            Linear up,
            Linear down,
            LayerNorm outputNorm) {
        /**
         * Reads a block under the names that BERT gave them.
         *
         * @param name what all its tensors' names begin with
         * @param projections the last part of the names of query, key and value
         * @param queryScale what the query is multiplied by
         * @param activation of the feed-forward, for layers computed by the engine's own products where there are; null: by oneDNN's,
         *     for attention that reads parts of a layer's weights or has other rows
         */
        static Layer read(
                Weights weights,
                Sizes sizes,
                String name,
                List<String> projections,
                float queryScale,
                SelfAttention attention,
                @Nullable Activation activation) {
            int hidden = sizes.hidden();
            int feedForward = sizes.feedForward();
            float epsilon = sizes.epsilon();
            var qkv = projections.stream()
                    .map(projection -> name + "attention.self." + projection)
                    .toList();
            var plain = activation == null ? null : Activation.NONE;
            return new Layer(
                    linear(weights, qkv, hidden, hidden, queryScale, plain),
                    attention,
                    linear(weights, List.of(name + "attention.output.dense"), hidden, hidden, 1, plain),
                    weights.layerNorm(name + "attention.output.LayerNorm", hidden, epsilon),
                    linear(weights, List.of(name + "intermediate.dense"), hidden, feedForward, 1, activation),
                    linear(weights, List.of(name + "output.dense"), feedForward, hidden, 1, plain),
                    weights.layerNorm(name + "output.LayerNorm", hidden, epsilon));
        }

        private static Linear linear(
                Weights weights, List<String> names, int in, int out, float scale, @Nullable Activation activation) {
            return activation == null
                    ? weights.stacked(names, in, out, scale)
                    : weights.stacked(names, in, out, scale, activation);
        }
    }

    PostNorm {
        layers = List.copyOf(layers);
    }

    @Override
    public Matrix forward(Worker worker, Tile tile, Rows rows, Consumer<Matrix> embed) {
        int tokens = tile.tokens();
        var states = States.embedded(worker, sizes, type, tokens, embed);
        var h = states.h();
        var qkv = states.qkv();
        var context = states.context();
        var x = type == DType.F32 ? h : states.beside(worker, "operand", type, sizes.hidden()); // h as products take it
        var wide = states.beside(worker, "wide", type, sizes.feedForward()); // [tokens, feedForward]

        embeddingNorm.apply(worker, tokens, h, x);

        int count = tokens;
        for (int i = 0; i < layers.size(); i++) {
            worker.requireWanted();
            var layer = layers.get(i);
            boolean last = i == layers.size() - 1 && rows == Rows.FIRST;
            layer.qkv().apply(worker, count, x, Activation.NONE, qkv);
            layer.attention().apply(worker, tile, qkv, context, last ? Rows.FIRST : Rows.ALL);
            if (last) {
                count = tile.texts();
                tile.gatherFirst(h, context); // [texts, hidden] from here on
            }
            layer.attentionNorm().applyAfter(worker, count, layer.attentionOut(), context, h, x);
            layer.up().apply(worker, count, x, activation, wide);
            layer.outputNorm().applyAfter(worker, count, layer.down(), wide, h, x);
        }
        if (rows == Rows.LAST) {
            tile.gatherLast(h); // [texts, hidden]
        }
        return h;
    }
}
