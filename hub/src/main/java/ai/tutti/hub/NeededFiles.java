package ai.tutti.hub;

import ai.tutti.engine.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
    private static final Pattern SETTINGS = Pattern.compile("sentence_[a-z-]+_config\\.json"
            + "|tokenizer_config\\.json|special_tokens_map\\.json|added_tokens\\.json|chat_template\\.jinja");
    private static final String TOKENIZER = "tokenizer.json";
    /** What tokenizers were before {@code tokenizer.json}; needed where there is none. */
    private static final Pattern VOCABULARY = Pattern.compile(
            "vocab\\.(txt|json)|merges\\.txt|sentencepiece\\.bpe\\.model|spm\\.model|spiece\\.model|tokenizer\\.model");

    private static final String INDEX = ".index.json";
    /** Where ONNX keeps what does not fit into one file. */
    private static final String EXTERNAL_DATA = "_data";

    private final Path snapshot;
    private final Collection<String> names;

    /**
     * For a repository.
     *
     * @param snapshot where its deciding files lie
     * @param names the names of all its files
     */
    NeededFiles(Path snapshot, Collection<String> names) {
        this.snapshot = snapshot;
        this.names = names;
    }

    /** The small files that say which the others are. */
    Set<String> deciding() {
        var deciding = new TreeSet<>(Set.of(CONFIG, MODULES, SENTENCES));
        String weights = weights("");
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
    Set<String> others() throws IOException {
        var needed = new TreeSet<String>();
        for (Part part : parts()) {
            if (part.isTransformer()) {
                needed.addAll(transformer(part.folder()));
            } else if (names.contains(part.folder() + CONFIG)) {
                needed.add(part.folder() + CONFIG);
                String weights = weights(part.folder());
                if (weights != null) {
                    needed.add(weights);
                }
            }
        }
        return needed;
    }

    /** What a model needs and the names lack, for people; null when it is nothing. */
    @Nullable String missing() throws IOException {
        String transformer = "";
        for (Part part : parts()) {
            if (part.isTransformer()) {
                transformer = part.folder();
            } else if (!part.isNormalize() && !names.contains(part.folder() + CONFIG)) {
                return part.folder() + CONFIG;
            }
        }
        if (!names.contains(transformer + CONFIG)) {
            return transformer + CONFIG;
        }
        if (weights(transformer) == null) {
            return "weights that can be read (such as %s)".formatted(transformer + Checkpoint.files().getFirst());
        }
        if (tokenizer(transformer).isEmpty()) {
            return transformer + TOKENIZER;
        }
        return others().stream().filter(name -> !names.contains(name)).findFirst().orElse(null);
    }

    /** What keeps a commit's snapshot from being served, as far as can be told without the hub; null when nothing does. */
    static @Nullable String missing(CachedRepository repository, String commit) {
        Set<String> names = repository.files(commit);
        Path snapshot = repository.snapshot(commit);
        try {
            String missing = new NeededFiles(snapshot, names).missing();
            if (missing == null && !names.contains(MODULES) && !isClassifier(snapshot) && !repository.lacks(commit, MODULES)) {
                return MODULES + ", which most models have and which says how to make a vector";
            }
            return missing;
        } catch (IOException e) {
            return "a readable file (%s)".formatted(e.getMessage());
        }
    }

    /** Files whose absence says something, too. */
    static List<String> telling() {
        return List.of(MODULES, SENTENCES);
    }

    /** The family's name that a snapshot states; may be empty. */
    static String modelType(Path snapshot) throws IOException {
        Path config = snapshot.resolve(CONFIG);
        return Files.exists(config) ? json(config).path("model_type").asString("") : "";
    }

    private List<String> transformer(String folder) throws IOException {
        var files = new ArrayList<>(tokenizer(folder));
        names.stream().filter(name -> isIn(folder, name, SETTINGS)).forEach(files::add);
        if (names.contains(folder + CONFIG)) {
            files.add(folder + CONFIG);
        }
        String weights = weights(folder);
        if (weights != null) {
            files.add(weights);
            if (weights.endsWith(INDEX) && Files.exists(snapshot.resolve(weights))) {
                for (JsonNode shard : json(snapshot.resolve(weights)).path("weight_map")) {
                    files.add(folder + shard.asString(""));
                }
            } else if (names.contains(weights + EXTERNAL_DATA)) {
                files.add(weights + EXTERNAL_DATA);
            }
        }
        return files;
    }

    private List<String> tokenizer(String folder) {
        return names.contains(folder + TOKENIZER)
                ? List.of(folder + TOKENIZER)
                : names.stream().filter(name -> isIn(folder, name, VOCABULARY)).toList();
    }

    /** The file of the best form of the weights, an index where they are in several; null when there is none. */
    private @Nullable String weights(String folder) {
        return Checkpoint.files().stream()
                .flatMap(file -> Stream.of(folder + file, folder + file + INDEX))
                .filter(names::contains)
                .findFirst()
                .orElse(null);
    }

    /** An entry of {@code modules.json}, with its folder's name and a slash; or empty for the repository itself. */
    private record Part(String folder, String type) {
        boolean isNormalize() {
            return type.endsWith("Normalize");
        }

        /** As sentence-transformers has it: the model's own files lie in the folder itself, or in that of the first module. */
        boolean isTransformer() {
            return folder.isEmpty() || type.endsWith("Transformer") || folder.startsWith("0_");
        }
    }

    private List<Part> parts() throws IOException {
        var parts = new ArrayList<Part>();
        Path file = snapshot.resolve(MODULES);
        if (Files.exists(file)) {
            for (JsonNode entry : json(file)) {
                String folder = entry.path("path").asString("");
                parts.add(new Part(folder.isEmpty() ? "" : folder + "/", entry.path("type").asString("")));
            }
        }
        if (parts.stream().noneMatch(Part::isTransformer)) {
            parts.add(new Part("", "Transformer"));
        }
        return parts;
    }

    private static boolean isIn(String folder, String name, Pattern pattern) {
        return name.startsWith(folder) && pattern.matcher(name.substring(folder.length())).matches();
    }

    private static boolean isClassifier(Path snapshot) throws IOException {
        String architecture = json(snapshot.resolve(CONFIG)).path("architectures").path(0).asString("");
        return Hub.isClassifier(architecture, modelType(snapshot));
    }

    private static JsonNode json(Path file) throws IOException {
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(file));
        } catch (JacksonException e) {
            throw new IOException(file + " is not JSON", e);
        }
    }
}
