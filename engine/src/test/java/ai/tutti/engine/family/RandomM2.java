package ai.tutti.engine.family;

import ai.tutti.engine.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** An M2-BERT with random weights: a folder to load, and the numbers themselves for the slow pass. */
final class RandomM2 {
    final int length;
    final int hidden;
    final int wide;
    final int layers;
    final int order;
    final int vocabulary = 50;
    final Map<String, float[]> tensors = new LinkedHashMap<>();
    private final TensorFile file = new TensorFile();
    private final Random random;

    RandomM2(long seed, int length, int hidden, int wide, int layers, int order) {
        this.length = length;
        this.hidden = hidden;
        this.wide = wide;
        this.layers = layers;
        this.order = order;
        random = new Random(seed);
        table("embeddings.word_embeddings.weight", 1, vocabulary, hidden);
        table("embeddings.position_embeddings.weight", 0.3f, length, hidden);
        table("embeddings.token_type_embeddings.weight", 0.3f, 2, hidden);
        norm("embeddings.LayerNorm");
        for (int i = 0; i < layers; i++) {
            var layer = "encoder.layer." + i + ".";
            linear(layer + "attention.in_linear", hidden, 3 * hidden);
            table(layer + "attention.short_filter.weight", 0.6f, 3 * hidden, 1, 3);
            table(layer + "attention.short_filter.bias", 0.1f, 3 * hidden);
            filter(layer + "attention.filter_fn");
            filter(layer + "attention.filter_fn2");
            linear(layer + "attention.out_linear", hidden, hidden);
            table(layer + "mlp.gated_layers.weight", (float) (1.5 / Math.sqrt(hidden / 4.0)), 4, wide / 2, hidden / 4);
            table(layer + "mlp.wo.weight", (float) (1.5 / Math.sqrt(wide / 4.0)), 4, hidden / 4, wide / 4);
            table(layer + "mlp.wo.bias", 0.1f, hidden);
            norm(layer + "mlp.layernorm");
        }
        linear("pooler.dense", hidden, hidden);
    }

    private void filter(String name) {
        table(name + ".bias", 0.5f, hidden);
        float[] z = new float[length * 5];
        float[] t = new float[length];
        for (int n = 0; n < length; n++) {
            double w = 2 * Math.PI * n / length;
            t[n] = (float) n / Math.max(1, length - 1);
            double[] row = {t[n], Math.cos(1e-4 * w), Math.cos(w), -Math.sin(1e-4 * w), -Math.sin(w)};
            for (int j = 0; j < 5; j++) {
                z[n * 5 + j] = (float) row[j] + 0.01f * uniform();
            }
        }
        add(name + ".pos_emb.z", z, 1, length, 5);
        add(name + ".pos_emb.t", t, 1, length, 1);
        float[] deltas = new float[hidden];
        for (int c = 0; c < hidden; c++) {
            deltas[c] = (float) (Math.log(0.01) / 1.5 + c * (Math.log(0.01) / 0.3 - Math.log(0.01) / 1.5) / hidden);
        }
        add(name + ".modulation.deltas", deltas, 1, 1, hidden);
        float[] freq = new float[order];
        for (int i = 0; i < order; i++) {
            freq[i] = 1.5f + uniform();
        }
        add(name + ".implicit_filter.1.freq", freq, 1, order);
        for (var net : new String[] {".implicit_filter", ".implicit_filter_rev"}) {
            linear(name + net + ".0", 5, order);
            linear(name + net + ".2", order, order);
            linear(name + net + ".4", order, order);
            // Filters that sum to about one, so that no layer outgrows the others.
            table(name + net + ".6.weight", (float) (2 / Math.sqrt((double) order * length)), hidden, order);
        }
    }

    private void linear(String name, int in, int out) {
        table(name + ".weight", (float) (1.7 / Math.sqrt(in)), out, in);
        table(name + ".bias", 0.1f, out);
    }

    private void norm(String name) {
        float[] scale = new float[hidden];
        for (int i = 0; i < hidden; i++) {
            scale[i] = 1 + 0.2f * uniform();
        }
        add(name + ".weight", scale, hidden);
        table(name + ".bias", 0.1f, hidden);
    }

    private void table(String name, float bound, int... shape) {
        int size = 1;
        for (int n : shape) {
            size *= n;
        }
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = bound * uniform();
        }
        add(name, values, shape);
    }

    private float uniform() {
        return random.nextFloat() * 2 - 1;
    }

    private void add(String name, float[] values, int... shape) {
        tensors.put(name, values);
        file.add("bert." + name, values, shape);
    }

    int[] text(int tokens) {
        return random.ints(tokens, 1, vocabulary).toArray();
    }

    void write(Path folder) throws IOException {
        file.write(folder.resolve("model.safetensors"));
        Files.writeString(
                folder.resolve("config.json"),
                """
                {"model_type": "m2_bert", "architectures": ["BertForSequenceClassification"], "hidden_size": %d,
                 "intermediate_size": %d, "num_hidden_layers": %d, "num_attention_heads": 12, "vocab_size": %d,
                 "max_position_embeddings": %d, "long_conv_l_max": %d, "hyena_filter_order": %d, "hyena_emb_dim": 5,
                 "bidirectional": true, "residual_long_conv": true, "use_glu_mlp": true, "use_monarch_mlp": true,
                 "monarch_mlp_nblocks": 4, "use_positional_encodings": true, "pool_all": false, "hyena_w_mod": 1,
                 "hyena_training_additions": false, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "pad_token_id": 0}"""
                        .formatted(hidden, wide, layers, vocabulary, length, length, order));
    }
}
