package ai.tutti.bench;

import ai.tutti.engine.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * A sentence-transformers folder of a published model's sizes with random weights: as large and fast as a real one; its vectors mean nothing.
 */
public final class ShapeFolder {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String FILE = "model.safetensors";
    /** Files of decoders are about as large as those that are published. */
    private static final long SHARD = 5_000_000_000L;

    private ShapeFolder() {}

    /**
     * Writes a folder of a shape with other than its own layers, pooled as its family is (CLS; the last token for decoders),
     * without normalisation.
     */
    public static void write(Path folder, Shape shape, int layers, Path tokenizer) throws IOException {
        write(folder, shape.sizes().withLayers(layers), Map.of(), tokenizer);
    }

    /**
     * Writes the folder.
     *
     * @param folder an empty folder
     * @param changes keys of {@code config.json} that differ from what the family's published models say
     * @param tokenizer a folder with {@code tokenizer.json} and {@code tokenizer_config.json}, of no more tokens than the model
     */
    static void write(Path folder, Shape.Sizes sizes, Map<String, ?> changes, Path tokenizer) throws IOException {
        var family = sizes.family();
        var config = family.config(sizes);
        config.putAll(changes);
        Files.createDirectories(folder.resolve("1_Pooling"));
        for (var file : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(tokenizer.resolve(file), folder.resolve(file));
        }
        json(folder.resolve("config.json"), config);
        json(
                folder.resolve("modules.json"),
                List.of(
                        Map.of("idx", 0, "name", "0", "path", "", "type", "sentence_transformers.models.Transformer"),
                        Map.of("idx", 1, "name", "1", "path", "1_Pooling", "type", "sentence_transformers.models.Pooling")));
        var mode = family.isDecoder() ? "pooling_mode_lasttoken" : "pooling_mode_cls_token";
        json(
                folder.resolve("1_Pooling").resolve("config.json"),
                Map.of("word_embedding_dimension", sizes.hidden(), mode, true));
        json(folder.resolve("sentence_bert_config.json"), Map.of("max_seq_length", sizes.tokens()));
        writeWeights(folder, family.tensors(sizes), family.stored());
    }

    private static void json(Path file, Object value) throws IOException {
        Files.write(file, JSON.writeValueAsBytes(value));
    }

    private static void writeWeights(Path folder, Map<String, int[]> tensors, DType dtype) throws IOException {
        var shards = new RandomTensors(dtype).split(tensors, SHARD);
        if (shards.size() == 1) {
            new RandomTensors(dtype).write(folder.resolve(FILE), tensors);
            return;
        }
        var places = new LinkedHashMap<String, String>();
        for (int i = 0; i < shards.size(); i++) {
            var name = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
            new RandomTensors(dtype).write(folder.resolve(name), shards.get(i));
            shards.get(i).keySet().forEach(tensor -> places.put(tensor, name));
        }
        json(folder.resolve(FILE + ".index.json"), Map.of("metadata", Map.of(), "weight_map", places));
    }
}
