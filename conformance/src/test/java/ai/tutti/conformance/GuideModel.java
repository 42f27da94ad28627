package ai.tutti.conformance;

import ai.tutti.bench.Shape;
import ai.tutti.bench.ShapeFolder;
import ai.tutti.hub.Hub;
import ai.tutti.hub.ModelSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;

/**
 * BERTs of the table in Together's guide: dimensions and maximum input as it states them. Their folders are made here, with
 * random weights of the true width, vocabulary and length in one layer; what follows it is as the published folders say.
 */
enum GuideModel {
    BGE_BASE("BAAI/bge-base-en-v1.5", 768, 512, Shape.BASE, "cls_token", true),
    BGE_LARGE("BAAI/bge-large-en-v1.5", 1024, 512, Shape.LARGE, "cls_token", true),
    GTE_LARGE("thenlper/gte-large", 1024, 512, Shape.LARGE, "mean_tokens", true),
    UAE_LARGE("WhereIsAI/UAE-Large-V1", 1024, 512, Shape.LARGE, "cls_token", false);

    private static final int LAYERS = 1;
    private static final List<String> TYPES = List.of("Transformer", "Pooling", "Normalize");

    private final String published;
    private final int dimensions;
    private final int maxTokens;
    private final Shape shape;
    /** As sentence-transformers spells it. */
    private final String pooling;
    private final boolean normalized;

    GuideModel(String published, int dimensions, int maxTokens, Shape shape, String pooling, boolean normalized) {
        this.published = published;
        this.dimensions = dimensions;
        this.maxTokens = maxTokens;
        this.shape = shape;
        this.pooling = pooling;
        this.normalized = normalized;
    }

    /** What a script is told: the row of the table. */
    Map<String, String> variables() {
        return Map.of(
                "GUIDE_MODEL", published,
                "GUIDE_DIMENSIONS", Integer.toString(dimensions),
                "GUIDE_MAX_TOKENS", Integer.toString(maxTokens));
    }

    private static final class Serving {
        static final Server SERVER = Server.serving(folders(), "--lazy", "--memory-budget", "400MB");
    }

    /** Serves all of them in one process, which has room for two at a time. */
    static Server server() {
        return Serving.SERVER;
    }

    private static Map<String, Path> folders() {
        Path tokenizer = Hub.resolve(new ModelSpec(Hub.BUNDLED, null)).folder().path();
        var folders = new LinkedHashMap<String, Path>();
        for (GuideModel model : values()) {
            folders.put(model.published, model.folder(tokenizer));
        }
        return folders;
    }

    private Path folder(Path tokenizer) {
        Path folder = Folders.TARGET.resolve("models").resolve(name());
        try {
            if (!Files.exists(folder.resolve("model.safetensors"))) {
                Files.createDirectories(folder);
                ShapeFolder.write(folder, shape, LAYERS, tokenizer);
                writeModules(folder);
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What follows the layers, as the published folder has it. */
    private void writeModules(Path folder) throws IOException {
        var modules = new ArrayList<String>(List.of("", "1_Pooling"));
        if (normalized) {
            modules.add("2_Normalize");
        }
        List<Map<String, Object>> lines = IntStream.range(0, modules.size())
                .mapToObj(i -> Map.<String, Object>of(
                        "idx", i,
                        "name", "" + i,
                        "path", modules.get(i),
                        "type", "sentence_transformers.models." + TYPES.get(i)))
                .toList();
        Files.write(folder.resolve("modules.json"), JsonMapper.shared().writeValueAsBytes(lines));
        Map<String, Object> settings =
                Map.of("word_embedding_dimension", dimensions, "pooling_mode_" + pooling, true);
        Files.write(folder.resolve("1_Pooling/config.json"), JsonMapper.shared().writeValueAsBytes(settings));
    }

    @Override
    public String toString() {
        return published;
    }
}
