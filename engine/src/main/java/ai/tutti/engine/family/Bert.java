package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Attention;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.LayerNorm;
import ai.tutti.engine.nn.Linear;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Table;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.util.List;
import java.util.stream.IntStream;

/**
 * BERT (Devlin et al., 2019, arXiv:1810.04805): learned positions, full attention, norms behind the residual connections.
 *
 * <pre>
 * h = LN(word[id] + position[i] + type[0])
 * each layer:
 *     q, k, v = h Wqᵀ + bq, h Wkᵀ + bk, h Wvᵀ + bv
 *     h = LN(h + softmax(q kᵀ / sqrt d) v Woᵀ + bo)
 *     h = LN(h + gelu(h Wiᵀ + bi) Wdᵀ + bd)
 * </pre>
 *
 * <p>The residual h is f32 always; what enters a product is h in the products' type. When only the first token's state is
 * wanted, the last layer computes keys and values of all tokens and everything else for the first ones alone.
 */
public final class Bert implements Encoder {
    /** One block; q, k and v are one product. */
    private record Layer(
            Linear qkv, Linear attentionOut, LayerNorm attentionNorm, Linear up, Linear down, LayerNorm outputNorm) {}

    private final int hidden;
    private final int feedForward;
    private final int vocabulary;
    private final DType type;
    private final Table words;
    private final Table positions;
    private final LayerNorm embeddingNorm;
    private final Attention attention;
    private final List<Layer> layers;

    /**
     * Reads the model.
     *
     * @throws ModelLoadException when the configuration or a tensor is not what BERT needs
     */
    public Bert(ModelConfig config, Weights weights) {
        hidden = config.requireInt("hidden_size");
        feedForward = config.requireInt("intermediate_size");
        vocabulary = config.requireInt("vocab_size");
        type = weights.products();
        int heads = config.requireInt("num_attention_heads");
        int depth = config.requireInt("num_hidden_layers");
        int length = config.requireInt("max_position_embeddings");
        float epsilon = (float) config.doubleOr("layer_norm_eps", 1e-12);
        expect(config, "hidden_act", "gelu");
        expect(config, "position_embedding_type", "absolute");
        if (heads < 1 || hidden % heads != 0) {
            throw new ModelLoadException("%s: hidden_size %d cannot be divided by num_attention_heads %d"
                    .formatted(config.file(), hidden, heads));
        }
        if (depth < 1) {
            throw new ModelLoadException(
                    "%s: num_hidden_layers is %d; at least 1 is needed".formatted(config.file(), depth));
        }
        if (length > Attention.LONGEST) {
            throw new ModelLoadException("%s: max_position_embeddings is %d; at most %d can be served"
                    .formatted(config.file(), length, Attention.LONGEST));
        }
        if (!(epsilon > 0 && epsilon < 1)) { // without it the rows of zeros behind a tile would become NaN
            throw new ModelLoadException(
                    "%s: layer_norm_eps is %s; it must be between 0 and 1".formatted(config.file(), epsilon));
        }

        words = weights.table("embeddings.word_embeddings.weight", vocabulary, hidden);
        positions = positions(config, weights, length);
        embeddingNorm = weights.layerNorm("embeddings.LayerNorm", hidden, epsilon);
        attention = new Attention(heads, hidden / heads, type);
        float queryScale = (float) (1 / Math.sqrt((double) hidden / heads));
        layers = IntStream.range(0, depth)
                .mapToObj(i -> layer("encoder.layer." + i + ".", weights, epsilon, queryScale))
                .toList();
    }

    private static void expect(ModelConfig config, String key, String value) {
        var found = config.stringOr(key, value);
        if (!found.equals(value)) {
            throw new ModelLoadException("%s: %s is %s; only %s can be served".formatted(config.file(), key, found, value));
        }
    }

    private Layer layer(String name, Weights weights, float epsilon, float queryScale) {
        var self = name + "attention.self.";
        return new Layer(
                weights.stacked(List.of(self + "query", self + "key", self + "value"), hidden, hidden, queryScale),
                weights.linear(name + "attention.output.dense", hidden, hidden),
                weights.layerNorm(name + "attention.output.LayerNorm", hidden, epsilon),
                weights.linear(name + "intermediate.dense", hidden, feedForward),
                weights.linear(name + "output.dense", feedForward, hidden),
                weights.layerNorm(name + "output.LayerNorm", hidden, epsilon));
    }

    /** Positions with the first token type's row added to each: an embedding model's text is all of that type. */
    private Table positions(ModelConfig config, Weights weights, int length) {
        var position = weights.floats("embeddings.position_embeddings.weight", length, hidden);
        int types = config.intOr("type_vocab_size", 2);
        if (types > 0) {
            var type0 = weights.floats("embeddings.token_type_embeddings.weight", types, hidden);
            for (int i = 0; i < position.length; i++) {
                position[i] += type0[i % hidden];
            }
        }
        return weights.table(position, length, hidden);
    }

    @Override
    public int hiddenSize() {
        return hidden;
    }

    @Override
    public int vocabularySize() {
        return vocabulary;
    }

    @Override
    public Matrix forward(Worker worker, Tile tile, Rows rows) {
        int tokens = tile.tokens();
        int room = Kernels.bucket(tokens) + Attention.SLACK;
        var h = worker.matrix("hidden", DType.F32, room, hidden); // [tokens, hidden], the residual
        var x = type == DType.F32 ? h : worker.matrix("operand", type, room, hidden); // h as products take it
        var qkv = worker.matrix("qkv", type, room, 3 * hidden); // [tokens, 3 * hidden]
        var context = worker.matrix("context", type, room, hidden); // [tokens, hidden]
        var wide = worker.matrix("wide", type, room, feedForward); // [tokens, feedForward]

        embed(tile, h);
        h.clear(tokens, room); // what is read behind the last token must be finite
        qkv.clear(tokens, room);
        context.clear(tokens, room);
        embeddingNorm.apply(worker, tokens, h, x);

        int count = tokens;
        for (int i = 0; i < layers.size(); i++) {
            var layer = layers.get(i);
            boolean last = i == layers.size() - 1 && rows == Rows.FIRST;
            layer.qkv().apply(worker, count, x, Activation.NONE, qkv);
            attention.apply(worker, tile, qkv, context, last ? Rows.FIRST : Rows.ALL);
            if (last) {
                count = tile.texts();
                gatherFirst(tile, h, context); // [texts, hidden] from here on
            }
            layer.attentionOut().addTo(worker, count, context, h);
            layer.attentionNorm().apply(worker, count, h, x);
            layer.up().apply(worker, count, x, Activation.GELU, wide);
            layer.down().addTo(worker, count, wide, h);
            layer.outputNorm().apply(worker, count, h, x);
        }
        return h;
    }

    private void embed(Tile tile, Matrix h) {
        for (int text = 0; text < tile.texts(); text++) {
            int start = tile.starts()[text];
            for (int i = 0; i < tile.length(text); i++) {
                words.sum(tile.ids()[start + i], positions, i, h, start + i);
            }
        }
    }

    /** Moves every text's first row to the front; sources never lie before their targets. */
    private static void gatherFirst(Tile tile, Matrix... matrices) {
        for (int text = 1; text < tile.texts(); text++) {
            for (var matrix : matrices) {
                matrix.copyRow(matrix, tile.starts()[text], text);
            }
        }
    }
}
