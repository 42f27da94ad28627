package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.checkpoint.PoolingMode;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Attention;
import ai.tutti.engine.nn.ClassificationHead;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.LayerNorm;
import ai.tutti.engine.nn.Linear;
import ai.tutti.engine.nn.Pooling;
import ai.tutti.engine.nn.Rotary;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.SelfAttention;
import ai.tutti.engine.nn.Table;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.nn.WindowedAttention;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * ModernBERT (Warner et al., 2024, arXiv:2412.13663): norms before each sublayer, rotary positions, gated feed-forward, and
 * attention that in most layers sees only a window.
 *
 * <pre>
 * h = LN(token[id])
 * each layer:
 *     x = LN(h)                                    in the first layer x = h
 *     q, k, v = x Wqkvᵀ;  q, k turned by their positions
 *     h = h + attention(q, k, v) Woᵀ               all tokens, or |i - j| &lt;= local_attention / 2
 *     a, b = LN(h) Wiᵀ
 *     h = h + (act(a) * b) Wdᵀ
 * h = LN(h)
 * </pre>
 *
 * <p>The residual h is f32 always; what enters a product is x in the products' type. When only the first token's state is
 * wanted, the last layer computes keys and values of all tokens and everything else for the first ones alone.
 *
 * <p>Its head for classifying: {@code logits = classifier(LN(act(dense(p))))}, p the first token's state or the mean.
 */
final class ModernBert implements Encoder {
    /** One block; the query's weights hold {@code 1 / sqrt(headSize)}. */
    private record Layer(
            @Nullable LayerNorm attentionNorm,
            Linear qk,
            Linear value,
            Rotary rotary,
            SelfAttention attention,
            Linear attentionOut,
            LayerNorm outputNorm,
            Linear up,
            Linear gate,
            Linear down) {}

    private final Sizes sizes;
    private final DType type;
    private final Activation activation;
    private final Table words;
    private final LayerNorm embeddingNorm;
    private final List<Layer> layers;
    private final LayerNorm finalNorm;

    /**
     * Reads the model.
     *
     * @throws ModelLoadException when the configuration or a tensor is not what ModernBERT needs
     */
    ModernBert(ModelConfig config, Weights weights) {
        sizes = Sizes.of(config, "norm_eps", 1e-5);
        type = weights.products();
        activation = Supported.activation(config, "hidden_activation", "gelu");
        boolean shift = config.booleanOr("norm_bias", false);
        int hidden = sizes.hidden();
        var plan = ModernBertLayers.of(config, sizes);
        words = weights.table("embeddings.tok_embeddings.weight", sizes.vocabulary(), hidden);
        embeddingNorm = weights.layerNorm("embeddings.norm", hidden, sizes.epsilon(), shift);
        var global = new Attention(sizes.heads(), sizes.headSize(), type);
        var local = new WindowedAttention(sizes.heads(), sizes.headSize(), plan.reach(), type);
        var globalRotary = new Rotary(Rotary.frequencies(sizes.headSize(), plan.globalTheta()), sizes.positions());
        var localRotary = new Rotary(Rotary.frequencies(sizes.headSize(), plan.localTheta()), sizes.positions());
        layers = IntStream.range(0, sizes.layers())
                .mapToObj(i -> plan.global().get(i)
                        ? layer(config, weights, i, globalRotary, global)
                        : layer(config, weights, i, localRotary, local))
                .toList();
        finalNorm = weights.layerNorm("final_norm", hidden, sizes.epsilon(), shift);
    }

    private Layer layer(ModelConfig config, Weights weights, int i, Rotary rotary, SelfAttention attention) {
        int hidden = sizes.hidden();
        int feedForward = sizes.feedForward();
        var name = "layers." + i + ".";
        boolean shift = config.booleanOr("norm_bias", false);
        boolean attentionBias = config.booleanOr("attention_bias", false);
        boolean bias = config.booleanOr("mlp_bias", false);
        var qkv = new Weights.Fused(name + "attn.Wqkv", 3, hidden, hidden, attentionBias);
        var wide = new Weights.Fused(name + "mlp.Wi", 2, hidden, feedForward, bias);
        return new Layer(
                i == 0 ? null : weights.layerNorm(name + "attn_norm", hidden, sizes.epsilon(), shift),
                weights.parts(qkv, 0, 2, sizes.queryScale()),
                weights.parts(qkv, 2, 3, 1),
                rotary,
                attention,
                weights.linear(name + "attn.Wo", hidden, hidden, attentionBias),
                weights.layerNorm(name + "mlp_norm", hidden, sizes.epsilon(), shift),
                weights.parts(wide, 0, 1, 1),
                weights.parts(wide, 1, 2, 1),
                weights.linear(name + "mlp.Wo", feedForward, hidden, bias));
    }

    /** Reads the head of {@code ModernBertForSequenceClassification}. */
    static Head head(ModelConfig config, Weights weights) {
        int hidden = config.requireInt("hidden_size");
        float epsilon = (float) config.doubleOr("norm_eps", 1e-5);
        Supported.string(config, "classifier_pooling", "cls", "mean");
        boolean mean = config.stringOr("classifier_pooling", "cls").equals("mean");
        return new ClassificationHead(
                new Pooling(List.of(mean ? PoolingMode.MEAN : PoolingMode.CLS)),
                weights.exactLinear("head.dense", hidden, hidden, config.booleanOr("classifier_bias", false)),
                Supported.activation(config, "classifier_activation", "gelu"),
                weights.layerNorm("head.norm", hidden, epsilon, config.booleanOr("norm_bias", false)),
                weights.exactLinear("classifier", hidden, config.labels(), true));
    }

    @Override
    public int hiddenSize() {
        return sizes.hidden();
    }

    @Override
    public int vocabularySize() {
        return sizes.vocabulary();
    }

    @Override
    public Matrix forward(Worker worker, Tile tile, Rows rows) {
        int tokens = tile.tokens();
        int hidden = sizes.hidden();
        int room = Kernels.bucket(tokens) + SelfAttention.SLACK;
        var h = worker.matrix("hidden", DType.F32, room, hidden); // [tokens, hidden], the residual
        var x = worker.matrix("operand", type, room, hidden); // [tokens, hidden], normalised
        var qk = worker.matrix("qk", DType.F32, room, 2 * hidden); // [tokens, 2 * hidden], not turned yet
        var qkv = worker.matrix("qkv", type, room, 3 * hidden); // [tokens, 3 * hidden]
        var context = worker.matrix("context", type, room, hidden); // [tokens, hidden]
        var gates = worker.matrix("gates", type, room, sizes.feedForward()); // [tokens, feedForward]
        var wide = worker.matrix("wide", type, room, sizes.feedForward()); // [tokens, feedForward]

        for (int i = 0; i < tokens; i++) {
            words.read(tile.ids()[i], h, i);
        }
        h.clear(tokens, room); // what is read behind the last token must be finite
        qkv.clear(tokens, room);
        context.clear(tokens, room);
        embeddingNorm.write(worker, tokens, h, x);
        embeddingNorm.write(worker, tokens, h, h);

        int count = tokens;
        for (int i = 0; i < layers.size(); i++) {
            worker.requireWanted();
            var layer = layers.get(i);
            boolean last = i == layers.size() - 1 && rows == Rows.FIRST;
            if (layer.attentionNorm() != null) {
                layer.attentionNorm().write(worker, count, h, x);
            }
            layer.qk().apply(worker, count, x, Activation.NONE, qk);
            layer.value().applyAt(worker, count, x, qkv, 2 * hidden);
            layer.rotary().apply(tile, qk, qkv);
            layer.attention().apply(worker, tile, qkv, context, last ? Rows.FIRST : Rows.ALL);
            if (last) {
                count = tile.texts();
                tile.gatherFirst(h, context); // [texts, hidden] from here on
            }
            layer.attentionOut().addTo(worker, count, context, h);
            layer.outputNorm().write(worker, count, h, x);
            layer.gate().apply(worker, count, x, Activation.NONE, gates);
            layer.up().applyGated(worker, count, x, activation, gates, wide);
            layer.down().addTo(worker, count, wide, h);
        }
        if (rows == Rows.LAST) {
            count = tile.texts();
            tile.gatherLast(h); // [texts, hidden]
        }
        finalNorm.write(worker, count, h, h);
        return h;
    }
}
