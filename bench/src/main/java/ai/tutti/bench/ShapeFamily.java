package ai.tutti.bench;

import ai.tutti.bench.Shape.Sizes;
import ai.tutti.engine.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Families of models: what their configurations say, and which tensors their files hold. */
enum ShapeFamily {
    BERT("BertModel", "bert") {
        @Override
        void add(Sizes sizes, Map<String, Object> config, Tensors tensors) {
            config.putAll(Map.of("hidden_act", "gelu", "layer_norm_eps", 1e-12, "type_vocab_size", 2));
            tensors.table("embeddings.token_type_embeddings.weight", 2);
            tensors.table("embeddings.position_embeddings.weight", sizes.positions());
            tensors.postNorm("query", "key", "value");
        }
    },
    XLM_ROBERTA("XLMRobertaModel", "xlm-roberta") {
        @Override
        void add(Sizes sizes, Map<String, Object> config, Tensors tensors) {
            config.putAll(
                    Map.of("hidden_act", "gelu", "layer_norm_eps", 1e-5, "type_vocab_size", 1, "pad_token_id", 1));
            tensors.table("embeddings.token_type_embeddings.weight", 1);
            tensors.table("embeddings.position_embeddings.weight", sizes.positions());
            tensors.postNorm("query", "key", "value");
        }
    },
    MODERNBERT("ModernBertModel", "modernbert") {
        @Override
        void add(Sizes sizes, Map<String, Object> config, Tensors tensors) {
            config.putAll(Map.of(
                    "hidden_activation",
                    "gelu",
                    "norm_eps",
                    1e-5,
                    "local_attention",
                    128,
                    "global_attn_every_n_layers",
                    3,
                    "global_rope_theta",
                    160_000,
                    "local_rope_theta",
                    10_000));
            int hidden = sizes.hidden();
            tensors.table("embeddings.tok_embeddings.weight", sizes.vocabulary());
            tensors.put("embeddings.norm.weight", hidden);
            for (int i = 0; i < sizes.layers(); i++) {
                var layer = "layers." + i + ".";
                if (i > 0) {
                    tensors.put(layer + "attn_norm.weight", hidden);
                }
                tensors.put(layer + "attn.Wqkv.weight", 3 * hidden, hidden);
                tensors.put(layer + "attn.Wo.weight", hidden, hidden);
                tensors.put(layer + "mlp_norm.weight", hidden);
                tensors.put(layer + "mlp.Wi.weight", 2 * sizes.intermediate(), hidden);
                tensors.put(layer + "mlp.Wo.weight", hidden, sizes.intermediate());
            }
            tensors.put("final_norm.weight", hidden);
        }
    },
    DEBERTA_V2("DebertaV2Model", "deberta-v2") {
        private static final int BUCKETS = 256;

        @Override
        void add(Sizes sizes, Map<String, Object> config, Tensors tensors) {
            config.putAll(Map.of("hidden_act", "gelu", "layer_norm_eps", 1e-7, "type_vocab_size", 0));
            config.putAll(Map.of("relative_attention", true, "position_biased_input", false, "share_att_key", true));
            config.putAll(Map.of("position_buckets", BUCKETS, "max_relative_positions", -1));
            config.putAll(Map.of("norm_rel_ebd", "layer_norm", "pos_att_type", List.of("p2c", "c2p")));
            tensors.table("encoder.rel_embeddings.weight", 2 * BUCKETS);
            tensors.norm("encoder.LayerNorm");
            tensors.postNorm("query_proj", "key_proj", "value_proj");
        }
    },
    MISTRAL("MistralModel", "mistral", DType.F16) {
        @Override
        void add(Sizes sizes, Map<String, Object> config, Tensors tensors) {
            config.putAll(Map.of("hidden_act", "silu", "rms_norm_eps", 1e-5, "rope_theta", 10_000.0));
            config.putAll(Map.of("sliding_window", 4096, "num_key_value_heads", sizes.groups()));
            tensors.decoder(false, false);
        }
    },
    QWEN2("Qwen2Model", "qwen2", DType.BF16) {
        @Override
        void add(Sizes sizes, Map<String, Object> config, Tensors tensors) {
            config.putAll(Map.of("hidden_act", "silu", "rms_norm_eps", 1e-6, "rope_theta", 1_000_000.0));
            config.putAll(Map.of("use_sliding_window", false, "num_key_value_heads", sizes.groups()));
            tensors.decoder(true, false);
        }
    },
    QWEN3("Qwen3Model", "qwen3", DType.BF16) {
        @Override
        void add(Sizes sizes, Map<String, Object> config, Tensors tensors) {
            config.putAll(Map.of("hidden_act", "silu", "rms_norm_eps", 1e-6, "rope_theta", 1_000_000.0));
            config.putAll(Map.of("use_sliding_window", false, "num_key_value_heads", sizes.groups()));
            config.put("head_dim", sizes.headSize());
            tensors.decoder(false, true);
        }
    };

    private final String architecture;
    private final String type;
    private final DType stored;

    ShapeFamily(String architecture, String type) {
        this(architecture, type, DType.F32);
    }

    ShapeFamily(String architecture, String type, DType stored) {
        this.architecture = architecture;
        this.type = type;
        this.stored = stored;
    }

    /** How published files hold their numbers. */
    DType stored() {
        return stored;
    }

    /** Whether a text's vector is its last token's, and not its first one's. */
    boolean isDecoder() {
        return stored != DType.F32;
    }

    /** Adds what the family alone has. */
    abstract void add(Sizes sizes, Map<String, Object> config, Tensors tensors);

    /** The {@code config.json}. */
    Map<String, Object> config(Sizes sizes) {
        var config = new LinkedHashMap<String, Object>();
        config.put("architectures", List.of(architecture));
        config.put("model_type", type);
        config.put("hidden_size", sizes.hidden());
        config.put("intermediate_size", sizes.intermediate());
        config.put("max_position_embeddings", sizes.positions());
        config.put("num_attention_heads", sizes.heads());
        config.put("num_hidden_layers", sizes.layers());
        config.put("vocab_size", sizes.vocabulary());
        add(sizes, config, new Tensors(sizes));
        return config;
    }

    /** Each tensor's shape, in the file's order. */
    Map<String, int[]> tensors(Sizes sizes) {
        var tensors = new Tensors(sizes);
        add(sizes, new LinkedHashMap<>(), tensors);
        return tensors.shapes;
    }

    /** Collects names and shapes. */
    static final class Tensors {
        private final Sizes sizes;
        private final Map<String, int[]> shapes = new LinkedHashMap<>();

        private Tensors(Sizes sizes) {
            this.sizes = sizes;
        }

        void put(String name, int... shape) {
            shapes.put(name, shape);
        }

        void table(String name, int rows) {
            put(name, rows, sizes.hidden());
        }

        void norm(String name) {
            put(name + ".weight", sizes.hidden());
            put(name + ".bias", sizes.hidden());
        }

        /** The token table and the layers under BERT's names. */
        void postNorm(String... projections) {
            int hidden = sizes.hidden();
            table("embeddings.word_embeddings.weight", sizes.vocabulary());
            norm("embeddings.LayerNorm");
            for (int i = 0; i < sizes.layers(); i++) {
                var layer = "encoder.layer." + i + ".";
                for (var projection : projections) {
                    linear(layer + "attention.self." + projection, hidden, hidden);
                }
                linear(layer + "attention.output.dense", hidden, hidden);
                norm(layer + "attention.output.LayerNorm");
                linear(layer + "intermediate.dense", hidden, sizes.intermediate());
                linear(layer + "output.dense", sizes.intermediate(), hidden);
                norm(layer + "output.LayerNorm");
            }
        }

        /** The token table and the layers of a decoder. */
        void decoder(boolean projectionBias, boolean headNorm) {
            int hidden = sizes.hidden();
            int size = sizes.headSize();
            table("embed_tokens.weight", sizes.vocabulary());
            for (int i = 0; i < sizes.layers(); i++) {
                var layer = "layers." + i + ".";
                put(layer + "input_layernorm.weight", hidden);
                projection(layer + "self_attn.q_proj", hidden, sizes.heads() * size, projectionBias);
                projection(layer + "self_attn.k_proj", hidden, sizes.groups() * size, projectionBias);
                projection(layer + "self_attn.v_proj", hidden, sizes.groups() * size, projectionBias);
                if (headNorm) {
                    put(layer + "self_attn.q_norm.weight", size);
                    put(layer + "self_attn.k_norm.weight", size);
                }
                put(layer + "self_attn.o_proj.weight", hidden, sizes.heads() * size);
                put(layer + "post_attention_layernorm.weight", hidden);
                put(layer + "mlp.gate_proj.weight", sizes.intermediate(), hidden);
                put(layer + "mlp.up_proj.weight", sizes.intermediate(), hidden);
                put(layer + "mlp.down_proj.weight", hidden, sizes.intermediate());
            }
            put("norm.weight", hidden);
        }

        private void projection(String name, int in, int out, boolean bias) {
            if (bias) {
                linear(name, in, out);
            } else {
                put(name + ".weight", out, in);
            }
        }

        private void linear(String name, int in, int out) {
            put(name + ".weight", out, in);
            put(name + ".bias", out);
        }
    }
}
