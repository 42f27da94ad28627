package ai.tutti.engine.checkpoint;

import ai.tutti.engine.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model's folder in the layout of the Hugging Face Hub, with the files that sentence-transformers adds. What the files
 * say decides, never the model's name.
 */
public final class ModelFolder {
    private final Path path;
    private final ModelConfig config;
    private final List<SentenceModule> modules;
    private final TokenLimits limits;
    private final Map<String, String> prompts;
    private final @Nullable String defaultPromptName;

    private ModelFolder(Path path) {
        this.path = path;
        this.config = ModelConfig.read(path.resolve("config.json"));
        this.modules = ModulesFile.read(path);
        this.limits = TokenLimits.read(path, config);
        Path sentences = path.resolve("config_sentence_transformers.json");
        ModelConfig settings = Files.exists(sentences) ? ModelConfig.read(sentences) : null;
        this.prompts = settings == null ? Map.of() : prompts(settings);
        this.defaultPromptName = settings != null && settings.has("default_prompt_name")
                ? settings.requireString("default_prompt_name")
                : null;
        if (defaultPromptName != null && !prompts.containsKey(defaultPromptName)) {
            throw new ModelLoadException("%s: default_prompt_name is \"%s\", which is not among its prompts: mend it"
                    .formatted(sentences, OneLine.of(defaultPromptName)));
        }
    }

    /**
     * Reads the folder's configuration files; weights and tokenizer are read later.
     *
     * @throws ModelLoadException when the folder or one of its files is missing or broken
     */
    public static ModelFolder open(Path path) {
        Path folder = path.toAbsolutePath().normalize();
        if (!Files.isDirectory(folder)) {
            throw new ModelLoadException(Files.exists(folder)
                    ? folder + " is a file: name the folder that the model's files lie in"
                    : folder + " does not exist: name the folder that the model's files lie in");
        }
        return new ModelFolder(folder);
    }

    public Path path() {
        return path;
    }

    /** The {@code config.json}. */
    public ModelConfig config() {
        return config;
    }

    /** The class the weights belong to, for instance {@code BertModel}; empty where the folder does not say. */
    public String architecture() {
        List<String> architectures = config.strings("architectures");
        return architectures.isEmpty() ? "" : architectures.getFirst();
    }

    /** The family's name, for instance {@code bert}; empty where the folder does not say. */
    public String modelType() {
        return config.stringOr("model_type", "");
    }

    /** The steps from hidden states to the vector, in order; the transformer itself is not among them. */
    public List<SentenceModule> modules() {
        return modules;
    }

    /** Texts to put in front of an input, by name, in the file's order. */
    public Map<String, String> prompts() {
        return prompts;
    }

    /** The prompt for callers that name none, or null. */
    public @Nullable String defaultPromptName() {
        return defaultPromptName;
    }

    /** The most tokens of a text, special tokens included: what the folder says, within {@link #positions()}. */
    public int maxTokens() {
        return limits.maxTokens();
    }

    /** The most tokens that the model has positions for. */
    public int positions() {
        return limits.positions();
    }

    /**
     * Maps the weights.
     *
     * @throws ModelLoadException when there are none or a file is broken
     */
    public Checkpoint checkpoint() {
        return Checkpoint.open(path);
    }

    /**
     * Loads the tokenizer.
     *
     * @throws ModelLoadException when {@code tokenizer.json} is missing or broken
     */
    public Tokenizer tokenizer() {
        Path file = path.resolve("tokenizer.json");
        if (!Files.exists(file)) {
            throw new ModelLoadException(file + " is missing: download the model's whole folder");
        }
        try {
            return Tokenizer.load(file, path.resolve("tokenizer_config.json"));
        } catch (IOException e) {
            throw new ModelLoadException(OneLine.of(String.valueOf(e.getMessage())) + ": download the folder again", e);
        }
    }

    private static Map<String, String> prompts(ModelConfig settings) {
        ModelConfig stored = settings.object("prompts");
        if (stored == null) {
            return Map.of();
        }
        Map<String, String> prompts = new LinkedHashMap<>();
        stored.keys().forEach(name -> prompts.put(name, stored.stringOr(name, "")));
        return Collections.unmodifiableMap(prompts);
    }
}
