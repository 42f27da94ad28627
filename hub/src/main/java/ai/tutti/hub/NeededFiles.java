package ai.tutti.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which of a repository's files a model is computed from: its configuration, one tokenizer, one form of its weights, and what
 * its modules have in folders of their own. Repositories hold the same weights several times over, for other programs.
 *
 * <p>A few small files come first, since they say which the others are: {@code modules.json} names folders, an index shards.
 */
final class NeededFiles {
    static final String CONFIG = "config.json";
    /** Without it, how a model's states become a vector is anybody's guess. */
    static final String MODULES = "modules.json";

    private static final String SENTENCES = "config_sentence_transformers.json";
    private static final Pattern CONFIGURATION = Pattern.compile("sentence_[a-z-]+_config\\.json"
            + "|tokenizer_config\\.json|special_tokens_map\\.json|added_tokens\\.json");
    private static final String TOKENIZER = "tokenizer.json";
    /** What tokenizers were before {@code tokenizer.json}; needed where there is none. */
    private static final Pattern VOCABULARY = Pattern.compile(
            "vocab\\.(txt|json)|merges\\.txt|sentencepiece\\.bpe\\.model|spm\\.model|spiece\\.model|tokenizer\\.model");
    /** The forms of weights, best first. */
    private static final List<String> WEIGHTS =
            List.of("model.safetensors", "pytorch_model.bin", "model.onnx", "onnx/model.onnx");

    private static final String INDEX = ".index.json";
    /** Where ONNX keeps what does not fit into one file. */
    private static final String EXTERNAL_DATA = "_data";

    private NeededFiles() {}

    /** The small files that say which the others are. */
    static Set<String> deciding(Collection<String> names) {
        var deciding = new TreeSet<>(Set.of(CONFIG, MODULES, SENTENCES));
        String weights = weights("", names);
        if (weights != null && weights.endsWith(INDEX)) {
            deciding.add(weights);
        }
        deciding.retainAll(names);
        return deciding;
    }

    /**
     * All others, as the deciding files in the snapshot name them; some may not be among the names.
     *
     * @throws IOException when those cannot be read
     */
    static Set<String> others(Path snapshot, Collection<String> names) throws IOException {
        var needed = new TreeSet<String>();
        boolean tokenizer = names.contains(TOKENIZER);
        for (String name : names) {
            if (CONFIGURATION.matcher(name).matches()
                    || name.equals(TOKENIZER)
                    || (!tokenizer && VOCABULARY.matcher(name).matches())) {
                needed.add(name);
            }
        }
        needed.addAll(weightFiles(snapshot, names));
        for (String module : modules(snapshot)) {
            String config = module + "/" + CONFIG;
            if (names.contains(config)) {
                needed.add(config);
                String weights = weights(module + "/", names);
                if (weights != null) {
                    needed.add(weights);
                }
            }
        }
        return needed;
    }

    /** Whether there are weights in a form that can be read. */
    static boolean hasWeights(Collection<String> names) {
        return weights("", names) != null;
    }

    /** Files whose absence says something, too. */
    static List<String> telling() {
        return List.of(MODULES, SENTENCES);
    }

    /** What keeps a commit's snapshot from being served, for people; null when nothing does. */
    static @Nullable String missing(CachedRepository repository, String commit) {
        Path snapshot = repository.snapshot(commit);
        Set<String> names = repository.files(commit);
        if (!names.contains(CONFIG)) {
            return CONFIG;
        }
        if (names.stream().noneMatch(name -> name.equals(TOKENIZER) || VOCABULARY.matcher(name).matches())) {
            return TOKENIZER;
        }
        if (!hasWeights(names)) {
            return "its weights";
        }
        try {
            if (!names.contains(MODULES) && !isClassifier(snapshot) && !repository.lacks(commit, MODULES)) {
                return MODULES + ", which most models have and which says how to make a vector";
            }
            for (String module : modules(snapshot)) {
                if (!names.contains(module + "/" + CONFIG) && !repository.lacks(commit, module + "/" + CONFIG)) {
                    return module + "/" + CONFIG;
                }
            }
            return others(snapshot, names).stream().filter(name -> !names.contains(name)).findFirst().orElse(null);
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    /** The file of the best form of the weights, an index where they are in several; null when there is none. */
    private static @Nullable String weights(String folder, Collection<String> names) {
        for (String form : WEIGHTS) {
            for (String name : List.of(folder + form, folder + form + INDEX)) {
                if (names.contains(name)) {
                    return name;
                }
            }
        }
        return null;
    }

    private static List<String> weightFiles(Path snapshot, Collection<String> names) throws IOException {
        String weights = weights("", names);
        if (weights == null) {
            return List.of();
        }
        var files = new ArrayList<>(List.of(weights));
        if (weights.endsWith(INDEX)) {
            for (JsonNode shard : json(snapshot.resolve(weights)).path("weight_map")) {
                files.add(shard.asString(""));
            }
        } else if (names.contains(weights + EXTERNAL_DATA)) {
            files.add(weights + EXTERNAL_DATA);
        }
        return files;
    }

    /** The modules' folders, as the snapshot's file names them; those that hold no files are not among them. */
    private static List<String> modules(Path snapshot) throws IOException {
        var folders = new ArrayList<String>();
        Path file = snapshot.resolve(MODULES);
        if (Files.exists(file)) {
            for (JsonNode module : json(file)) {
                String folder = module.path("path").asString("");
                if (!folder.isEmpty() && !module.path("type").asString("").endsWith("Normalize")) {
                    folders.add(folder);
                }
            }
        }
        return folders;
    }

    private static boolean isClassifier(Path snapshot) throws IOException {
        JsonNode config = json(snapshot.resolve(CONFIG));
        return Hub.isClassifier(
                config.path("architectures").path(0).asString(""), config.path("model_type").asString(""));
    }

    private static JsonNode json(Path file) throws IOException {
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(file));
        } catch (JacksonException e) {
            throw new IOException(file + " is not JSON", e);
        }
    }
}
