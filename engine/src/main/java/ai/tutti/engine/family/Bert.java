package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Attention;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.SelfAttention;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Matrix;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * BERT (Devlin et al., 2019, arXiv:1810.04805): a {@link PostNorm} encoder with full attention over
 * {@code word[id] + position[i] + type[t]}; a pair's second part is of type 1.
 *
 * <p>Its head for classifying: {@code logits = classifier(tanh(pooler(h[0])))}.
 */
public final class Bert implements Encoder {
    private static final String LAYER = "encoder.layer.";
    private static final List<String> PROJECTIONS = List.of("query", "key", "value");

    private final LearnedEmbedding embedding;
    private final EncoderLayers body;

    /**
     * Reads the model.
     *
     * @throws ModelLoadException when the configuration or a tensor is not what BERT needs
     */
    public Bert(ModelConfig config, Weights weights) {
        var sizes = Sizes.of(config, "layer_norm_eps", 1e-12);
        embedding = LearnedEmbedding.read(config, weights, sizes, 2, true);
        body = body(config, weights, sizes, embedding::write);
    }

    /**
     * BERT's layers under BERT's names, which its descendants kept.
     *
     * @param embed writes a tile's embeddings, not normalised yet
     */
    static EncoderLayers body(ModelConfig config, Weights weights, Sizes sizes, BiConsumer<Tile, Matrix> embed) {
        var activation = Supported.activation(config, "hidden_act", "gelu");
        Supported.string(config, "position_embedding_type", "absolute");
        Supported.flag(config, "is_decoder", false);
        var attention = new Attention(sizes.heads(), sizes.headSize(), weights.products());
        var norm = weights.layerNorm("embeddings.LayerNorm", sizes.hidden(), sizes.epsilon());
        if (weights.coded()) {
            return new CodedReader(weights, sizes, PROJECTIONS, activation, attention).read(config, LAYER, norm, embed);
        }
        return new PostNorm(
                sizes,
                weights.products(),
                activation,
                norm,
                IntStream.range(0, sizes.layers())
                        .mapToObj(i -> layer(weights, sizes, i, attention, activation))
                        .toList());
    }

    private static PostNorm.Layer layer(
            Weights weights, Sizes sizes, int i, SelfAttention attention, Activation activation) {
        return PostNorm.Layer.read(
                weights,
                sizes,
                LAYER + i + ".",
                PROJECTIONS,
                sizes.queryScale(),
                attention,
                activation);
    }

    /** Reads the head of {@code BertForSequenceClassification}. */
    static Head head(ModelConfig config, Weights weights) {
        return FirstTokenHead.read(config, weights, "pooler.dense", Activation.TANH, "classifier");
    }

    @Override
    public int hiddenSize() {
        return body.sizes().hidden();
    }

    @Override
    public int tileTokens() {
        return body.sizes().tileTokens();
    }

    @Override
    public int vocabularySize() {
        return body.sizes().vocabulary();
    }

    @Override
    public Matrix forward(Worker worker, Tile tile, Rows rows) {
        return body.forward(worker, tile, rows, h -> embedding.write(tile, h));
    }
}
