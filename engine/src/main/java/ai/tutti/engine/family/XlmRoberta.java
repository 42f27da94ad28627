package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Matrix;

/**
 * RoBERTa (Liu et al., 2019, arXiv:1907.11692) and its multilingual form XLM-R (Conneau et al., 2020, arXiv:1911.02116):
 * BERT's layers, with positions that are counted from behind the padding token's id. A text's first token has position
 * {@code pad + 1}, so 514 rows are 512 tokens; a padding token within a text stays at {@code pad} and is not counted.
 * All tokens are of type 0, those of a pair's second part too.
 *
 * <p>Its head for classifying: {@code logits = out_proj(tanh(dense(h[0])))}.
 */
final class XlmRoberta implements Encoder {
    private final LearnedEmbedding embedding;
    private final EncoderLayers body;
    private final int padding;

    /**
     * Reads the model.
     *
     * @throws ModelLoadException when the configuration or a tensor is not what the model needs
     */
    XlmRoberta(ModelConfig config, Weights weights) {
        var sizes = Sizes.of(config, "layer_norm_eps", 1e-12);
        padding = config.intOr("pad_token_id", 1);
        if (padding < 0 || padding >= sizes.positions() - 1) {
            throw new ModelLoadException("%s: pad_token_id is %d; positions are counted from behind it, and there are %d"
                    .formatted(config.file(), padding, sizes.positions()));
        }
        embedding = LearnedEmbedding.read(config, weights, sizes, 2, true);
        body = Bert.body(config, weights, sizes, this::embed);
    }

    /** Reads the head of {@code XLMRobertaForSequenceClassification}. */
    static Head head(ModelConfig config, Weights weights) {
        return FirstTokenHead.read(config, weights, "classifier.dense", Activation.TANH, "classifier.out_proj");
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
        return body.forward(worker, tile, rows, h -> embed(tile, h));
    }

    private void embed(Tile tile, Matrix h) {
        for (int text = 0; text < tile.texts(); text++) {
            int counted = 0;
            for (int row = tile.starts()[text]; row < tile.starts()[text + 1]; row++) {
                int id = tile.ids()[row];
                int position = id == padding ? padding : padding + ++counted;
                embedding.write(id, position, 0, h, row);
            }
        }
    }
}
