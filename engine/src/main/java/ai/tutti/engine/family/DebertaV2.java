package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Attention;
import ai.tutti.engine.nn.DisentangledAttention;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.SelfAttention;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * DeBERTa in its second and third version (He et al., 2021, arXiv:2006.03654 and arXiv:2111.09543): a {@link PostNorm}
 * encoder whose attention knows the distance between tokens instead of their positions.
 *
 * <pre>
 * h = LN(word[id])                                         and what the configuration adds
 * R = LN(relative)                                         a row for each bucket b of distances
 * each layer:
 *     Qr, Kr = R Wqᵀ + bq, R Wkᵀ + bk                      or projections of their own
 *     A(i, j) = (Q_i · K_j + Q_i · Kr[b(i - j)] + K_j · Qr[b(i - j)]) / sqrt(3 d)
 * </pre>
 *
 * and otherwise as BERT. Qr and Kr depend on the weights alone: they are computed at load.
 *
 * <p>Its head for classifying: {@code logits = classifier(act(pooler(h[0])))}.
 */
final class DebertaV2 implements Encoder {
    private static final String CONTENT_TO_POSITION = "c2p";
    private static final String POSITION_TO_CONTENT = "p2c";
    private static final String RELATIVE_NORM = "layer_norm";

    private final LearnedEmbedding embedding;
    private final PostNorm body;

    /**
     * Reads the model.
     *
     * @throws ModelLoadException when the configuration or a tensor is not what DeBERTa needs
     */
    DebertaV2(ModelConfig config, Weights weights) {
        var sizes = Sizes.of(config, "layer_norm_eps", 1e-7);
        Supported.number(config, "embedding_size", sizes.hidden());
        Supported.number(config, "attention_head_size", sizes.headSize());
        Supported.number(config, "conv_kernel_size", 0);
        embedding = LearnedEmbedding.read(
                config, weights, sizes, 0, config.booleanOr("position_biased_input", true));
        var terms = terms(config);
        var attention = new Attentions(
                config,
                weights,
                sizes,
                terms,
                (float) (1 / Math.sqrt((1.0 + terms.size()) * sizes.headSize())),
                RelativePositions.of(config, sizes));
        var relative = attention.relative();
        body = new PostNorm(
                sizes,
                weights.products(),
                Supported.activation(config, "hidden_act", "gelu"),
                weights.layerNorm("embeddings.LayerNorm", sizes.hidden(), sizes.epsilon()),
                IntStream.range(0, sizes.layers())
                        .mapToObj(i -> attention.layer("encoder.layer." + i + ".", relative))
                        .toList());
    }

    /** The terms that scores have beside content to content: a list, or a string with bars between. */
    private static Set<String> terms(ModelConfig config) {
        var terms = new TreeSet<String>();
        for (var value : config.stringOrStrings("pos_att_type")) {
            for (var term : value.split("\\|", -1)) {
                terms.add(term.strip().toLowerCase(Locale.ROOT));
            }
        }
        terms.remove("");
        if (!List.of(CONTENT_TO_POSITION, POSITION_TO_CONTENT).containsAll(terms)) {
            throw new ModelLoadException("%s: pos_att_type is %s; only %s and %s can be served"
                    .formatted(config.file(), terms, CONTENT_TO_POSITION, POSITION_TO_CONTENT));
        }
        return terms;
    }

    /** Reads layers with their tables of distances. */
    private record Attentions(
            ModelConfig config,
            Weights weights,
            Sizes sizes,
            Set<String> terms,
            float scale,
            RelativePositions positions) {
        /** R, {@code [2 * span, hidden]}; empty when the attention has no use for it. */
        float[] relative() {
            if (!config.booleanOr("relative_attention", false) || terms.isEmpty()) {
                return new float[0];
            }
            int hidden = sizes.hidden();
            var relative = weights.floats("encoder.rel_embeddings.weight", positions.rows(), hidden);
            var norms = new ArrayList<String>();
            for (var norm : config.stringOr("norm_rel_ebd", "none").split("\\|", -1)) {
                norms.add(norm.strip().toLowerCase(Locale.ROOT));
            }
            if (!List.of("none", RELATIVE_NORM).containsAll(norms)) {
                throw new ModelLoadException("%s: norm_rel_ebd is %s; only none and %s can be served"
                        .formatted(config.file(), norms, RELATIVE_NORM));
            }
            return norms.contains(RELATIVE_NORM)
                    ? weights.layerNorm("encoder.LayerNorm", hidden, sizes.epsilon()).applied(relative)
                    : relative;
        }

        PostNorm.Layer layer(String name, float[] relative) {
            return PostNorm.Layer.read(
                    weights,
                    sizes,
                    name,
                    List.of("query_proj", "key_proj", "value_proj"),
                    scale,
                    attention(name + "attention.self.", relative),
                    null);
        }

        private SelfAttention attention(String name, float[] relative) {
            if (relative.length == 0) {
                return new Attention(sizes.heads(), sizes.headSize(), weights.products());
            }
            int hidden = sizes.hidden();
            int heads = sizes.heads();
            int size = sizes.headSize();
            boolean shared = config.booleanOr("share_att_key", false);
            var keys = !terms.contains(CONTENT_TO_POSITION)
                    ? null
                    : DisentangledAttention.keys(
                            weights,
                            weights.applied(name + (shared ? "key_proj" : "pos_key_proj"), relative, hidden, hidden),
                            heads,
                            size,
                            positions::row,
                            sizes.positions());
            var queries = !terms.contains(POSITION_TO_CONTENT)
                    ? null
                    : DisentangledAttention.queries(
                            weights,
                            scaled(weights.applied(
                                    name + (shared ? "query_proj" : "pos_query_proj"), relative, hidden, hidden)),
                            heads,
                            size,
                            positions::row,
                            sizes.positions());
            return new DisentangledAttention(heads, size, keys, queries, weights.products());
        }

        private float[] scaled(float[] values) {
            for (int i = 0; i < values.length; i++) {
                values[i] *= scale;
            }
            return values;
        }
    }

    /** Reads the head of {@code DebertaV2ForSequenceClassification}. */
    static Head head(ModelConfig config, Weights weights) {
        Supported.number(config, "pooler_hidden_size", config.requireInt("hidden_size"));
        var activation = Supported.activation(config, "pooler_hidden_act", "gelu");
        return FirstTokenHead.read(config, weights, "pooler.dense", activation, "classifier");
    }

    @Override
    public int hiddenSize() {
        return body.sizes().hidden();
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
