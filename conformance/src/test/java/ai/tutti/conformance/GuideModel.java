package ai.tutti.conformance;

import ai.tutti.bench.M2Folder;
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
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The embedding models of the table in Together's guide: dimensions and maximum input as it states them. Their folders are made
 * here, with random weights of the true width, vocabulary and length in one layer, or in two where the last one alone
 * would leave out half of the pass; what follows it is as the published folders say.
 */
enum GuideModel {
    BGE_BASE("BAAI/bge-base-en-v1.5", 768, 512, Shape.BASE, "cls_token", true),
    BGE_LARGE("BAAI/bge-large-en-v1.5", 1024, 512, Shape.LARGE, "cls_token", true),
    GTE_LARGE("thenlper/gte-large", 1024, 512, Shape.LARGE, "mean_tokens", true),
    UAE_LARGE("WhereIsAI/UAE-Large-V1", 1024, 512, Shape.LARGE, "cls_token", false),
    M2_BERT_8K("togethercomputer/m2-bert-80M-8k-retrieval", 768, 8192),
    M2_BERT_32K("togethercomputer/m2-bert-80M-32k-retrieval", 768, 32_768),
    E5_MISTRAL("intfloat/e5-mistral-7b-instruct", 4096, 32_768, Shape.E5_MISTRAL, "lasttoken", true);

    /** Texts of so many tokens take seconds: not every SDK asks for them. */
    private static final int LONG = 8192;
    /** A text of so many tokens takes many seconds: the script asks for one, and one SDK runs it. */
    private static final int LONGEST = 32_768;

    /** Tokens of a text that two layers of seven billion parameters' width read in seconds; more than the folder's own limit. */
    private static final int PATIENT = 4500;

    /** Of few tokens, but made as the published one is, without {@code </s>}. */
    private static final Path MISTRAL_TOKENIZER =
            Folders.MODULE.resolve("../engine/src/test/resources/fixtures/folders/e5-mistral");

    private static final List<String> TYPES = List.of("Transformer", "Pooling", "Normalize");

    private final String published;
    private final int dimensions;
    private final int maxTokens;
    /** Null for M2-BERT. */
    private final @Nullable Shape shape;
    /** As sentence-transformers spells it. */
    private final String pooling;
    private final boolean normalized;

    GuideModel(String published, int dimensions, int maxTokens) {
        this(published, dimensions, maxTokens, null, "", false);
    }

    GuideModel(
            String published, int dimensions, int maxTokens, @Nullable Shape shape, String pooling, boolean normalized) {
        this.published = published;
        this.dimensions = dimensions;
        this.maxTokens = maxTokens;
        this.shape = shape;
        this.pooling = pooling;
        this.normalized = normalized;
    }

    /** Which of a script's SDKs ask for it. */
    List<Sdk> askedBy(List<Sdk> sdks) {
        if (maxTokens < LONG) {
            return sdks;
        }
        var fewer = maxTokens < LONGEST ? Set.of(Sdk.TOGETHER_V2, Sdk.NODE) : Set.of(Sdk.TOGETHER_V2);
        return sdks.stream().filter(fewer::contains).toList();
    }

    /** What a script is told: the row of the table, and two words that are one token each. */
    Map<String, String> variables() {
        return Map.of(
                "GUIDE_MODEL", published,
                "GUIDE_DIMENSIONS", Integer.toString(dimensions),
                "GUIDE_MAX_TOKENS", Integer.toString(maxTokens),
                "GUIDE_READ", Integer.toString(shape == Shape.E5_MISTRAL ? PATIENT : maxTokens),
                "GUIDE_WORDS", shape == Shape.E5_MISTRAL ? "a the" : "moon sun");
    }

    private static final class Serving {
        static final Server SERVER = Server.serving(folders(), "--lazy", "--memory-budget", "1500MB");
    }

    /** Serves all of them in one process, which has not room for all at a time. */
    static Server server() {
        return Serving.SERVER;
    }

    private static Map<String, Path> folders() {
        var folders = new LinkedHashMap<String, Path>();
        for (GuideModel model : values()) {
            folders.put(model.published, model.folder());
        }
        return folders;
    }

    private Path folder() {
        Path folder = Folders.TARGET.resolve("models").resolve(name());
        try {
            if (!Files.exists(folder.resolve("model.safetensors"))) {
                Files.createDirectories(folder);
                if (shape == null) {
                    M2Folder.write(folder, maxTokens, 2, bundledTokenizer());
                } else if (shape == Shape.E5_MISTRAL) {
                    ShapeFolder.write(folder, shape, 2, MISTRAL_TOKENIZER);
                    Files.writeString(folder.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 4096}");
                    writeModules(folder);
                } else {
                    ShapeFolder.write(folder, shape, 1, bundledTokenizer());
                    writeModules(folder);
                }
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path bundledTokenizer() {
        return Hub.resolve(new ModelSpec(Hub.BUNDLED, null)).folder().path();
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
