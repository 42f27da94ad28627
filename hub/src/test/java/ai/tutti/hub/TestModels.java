package ai.tutti.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Repositories as they lie on the hub, with everything that other programs want besides. Their weights are noise. */
final class TestModels {
    static final String NAME = "me/tiny";

    private TestModels() {}

    /** A sentence-transformers model with one file of weights, of that size. */
    static Map<String, byte[]> embedding(int weights) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        text(files, ".gitattributes", "*.bin filter=lfs");
        text(files, "README.md", "# A model");
        text(files, "config.json", """
                {"architectures": ["BertModel"], "model_type": "bert", "max_position_embeddings": 64}""");
        text(files, "modules.json", """
                [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
                 {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                 {"idx": 2, "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]""");
        text(files, "1_Pooling/config.json", "{\"word_embedding_dimension\": 8, \"pooling_mode_cls_token\": true}");
        text(files, "sentence_bert_config.json", "{\"max_seq_length\": 64}");
        text(files, "tokenizer_config.json", "{}");
        text(files, "vocab.txt", "[PAD]");
        files.put("tokenizer.json", noise(LoopbackHub.LARGE - 1, 1));
        files.put("model.safetensors", noise(weights, 2));
        for (String other : new String[] {
            "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "rust_model.ot", "model.gguf", "onnx/model.onnx",
            "onnx/model_quantized.onnx", "openvino/openvino_model.bin", "training_args.bin", "model.pkl"
        }) {
            text(files, other, "not wanted");
        }
        return files;
    }

    /** The names that a model of {@link #embedding} needs. */
    static String[] needed() {
        return new String[] {
            "1_Pooling/config.json", "config.json", "model.safetensors", "modules.json", "sentence_bert_config.json",
            "tokenizer.json", "tokenizer_config.json"
        };
    }

    static void text(Map<String, byte[]> files, String name, String text) {
        files.put(name, text.getBytes(UTF_8));
    }

    static byte[] noise(int size, long seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
