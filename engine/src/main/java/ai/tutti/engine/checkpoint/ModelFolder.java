package ai.tutti.engine.checkpoint;

import ai.tutti.engine.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A model's folder in the layout of the Hugging Face Hub, with the files that sentence-transformers adds. What the files
 * say decides, never the model's name.
 */
public final class ModelFolder {
    /** sentence-transformers' settings of the transformer; the name went by the family once. */
    private static final List<String> SENTENCE_FILES = List.of(
            "sentence_bert_config.json",
            "sentence_roberta_config.json",
            "sentence_distilbert_config.json",
            "sentence_camembert_config.json",
            "sentence_albert_config.json",
            "sentence_xlm-roberta_config.json",
            "sentence_xlnet_config.json");

    /** A block's number in a tensor's name: {@code encoder.layer.11.}, {@code layers.21.}. */
    private static final Pattern BLOCK = Pattern.compile("(?:^|\\.)layers?\\.(\\d{1,4})\\.");

    private final Path path;
    private final SentenceModules modules;
    private final ModelConfig config;
    private final TokenLimits limits;
    private final boolean lowerCase;
    private final Map<String, String> prompts;
    private final @Nullable String defaultPromptName;
    private final Similarity similarity;

    private ModelFolder(Path path) {
        this.path = path;
        this.modules = ModulesFile.read(path);
        Path transformer = modules.transformer();
        this.config = ModelConfig.read(transformer.resolve("config.json"));
        ModelConfig sentenceFile = sentenceFile(transformer);
        this.limits = TokenLimits.read(transformer, config, sentenceFile);
        this.lowerCase = sentenceFile != null && sentenceFile.booleanOr("do_lower_case", false);
        Path sentences = path.resolve("config_sentence_transformers.json");
        ModelConfig settings = Files.exists(sentences) ? ModelConfig.read(sentences) : null;
        this.prompts = settings == null ? Map.of() : prompts(settings);
        this.defaultPromptName = settings != null && settings.has("default_prompt_name")
                ? settings.requireString("default_prompt_name")
                : null;
        this.similarity = settings == null ? Similarity.COSINE : Similarity.read(settings);
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

    /**
     * The family's name, for instance {@code bert}; empty where the folder does not say. Revisions of M2-BERT that call
     * themselves {@code bert} are known by the length of their convolutions.
     */
    public String modelType() {
        String type = config.stringOr("model_type", "");
        return type.equals("bert") && config.has("long_conv_l_max") ? "m2_bert" : type;
    }

    /** The steps from hidden states to the vector, in order; the transformer itself is not among them. */
    public List<SentenceModule> modules() {
        return modules.steps();
    }

    /** The module by which a language model's folder says how it gives a score; null where it has none. */
    public SentenceModule.@Nullable LogitScore logitScore() {
        return modules.steps().size() == 1 && modules.steps().getFirst() instanceof SentenceModule.LogitScore score ? score : null;
    }

    /**
     * The chat template: {@code chat_template.jinja}, else the one in {@code tokenizer_config.json}; null where there is none.
     *
     * @throws ModelLoadException when the file cannot be read
     */
    public @Nullable String chatTemplate() {
        Path file = modules.transformer().resolve("chat_template.jinja");
        try {
            if (Files.exists(file)) {
                return Files.readString(file);
            }
            JsonNode stored = Files.exists(tokenizerSettings()) ? JsonFile.read(tokenizerSettings()).path("chat_template") : null;
            return stored != null && stored.isString() ? stored.stringValue() : null;
        } catch (IOException e) {
            throw new ModelLoadException("%s cannot be read: %s".formatted(file, OneLine.of(String.valueOf(e.getMessage()))), e);
        }
    }

    /** Whether sentence-transformers gives the chat template each message's content as a list of parts, and not as a text. */
    public boolean listsContent() {
        ModelConfig settings = sentenceFile(modules.transformer());
        ModelConfig modalities = settings == null ? null : settings.object("modality_config");
        ModelConfig message = modalities == null ? null : modalities.object("message");
        return message != null && message.stringOr("format", "flat").equals("structured");
    }

    /**
     * The texts of the tokens that are found in raw text, whatever stands beside them: there a text can be parted, and its parts
     * tokenised apart.
     */
    public List<String> addedTokens() {
        Path file = modules.transformer().resolve("tokenizer.json");
        try {
            return tokenizerJson(file).path("added_tokens").valueStream()
                    .filter(token -> !token.path("single_word").asBoolean(false)
                            && !token.path("lstrip").asBoolean(false)
                            && !token.path("rstrip").asBoolean(false)
                            && !token.path("normalized").asBoolean(false))
                    .map(token -> token.path("content").asString(""))
                    .filter(content -> !content.isEmpty())
                    .toList();
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Whether {@link #modules} is assumed, mean pooling without normalising, since the folder has no {@code modules.json}. */
    public boolean assumedPooling() {
        return !modules.stated();
    }

    /** Texts to put in front of an input, by name, in the file's order. */
    public Map<String, String> prompts() {
        return prompts;
    }

    /** The prompt for callers that name none, or null. */
    public @Nullable String defaultPromptName() {
        return defaultPromptName;
    }

    /** How the vectors want to be compared. */
    public Similarity similarity() {
        return similarity;
    }

    /**
     * What a cross-encoder's logit goes through.
     *
     * @throws ModelLoadException when the folder declares another activation than these
     */
    public ScoreActivation scoreActivation() {
        return ScoreActivation.read(path, config, logitScore() == null ? config.labels() : 1);
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
        return Checkpoint.open(modules.transformer());
    }

    /** What is odd about the folder's weights and yet can be served; a line each, for whoever started it. */
    public List<String> warnings(Checkpoint checkpoint) {
        int stated = config.intOr("num_hidden_layers", 0);
        int stored = 1 + checkpoint.names().stream()
                .map(BLOCK::matcher)
                .filter(Matcher::find)
                .mapToInt(block -> Integer.parseInt(block.group(1)))
                .max()
                .orElse(-1);
        return stated > 0 && stored > stated
                ? List.of("%s says num_hidden_layers %d, but the weights have %d layers; the last %d are left out"
                        .formatted(config.file(), stated, stored, stored - stated))
                : List.of();
    }

    /**
     * Loads the tokenizer: {@code tokenizer.json}, or the older files from which one can be made.
     *
     * @throws ModelLoadException when they are missing, broken or not enough
     */
    public Tokenizer tokenizer() {
        Path file = modules.transformer().resolve("tokenizer.json");
        try {
            boolean stored = Files.exists(file);
            return stored && (!lowerCase || TokenizerJson.lowerCases(file))
                    ? Tokenizer.load(file, tokenizerSettings())
                    : Tokenizer.load(file, tokenizerJson(file).toString(), tokenizerSettings());
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /**
     * Loads the tokenizer for what strangers write into a prompt: there the text of a special token, or of another token that the
     * prompt is made of, is text like any other.
     *
     * @param prompt the prompt's own text
     * @throws ModelLoadException as {@link #tokenizer}
     */
    public Tokenizer defusedTokenizer(String prompt) {
        Path file = modules.transformer().resolve("tokenizer.json");
        Path settings = tokenizerSettings();
        try {
            JsonNode json = DefusedTokenizer.of(file, tokenizerJson(file), settings, prompt);
            return Tokenizer.load(file, json.toString(), settings);
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private Path tokenizerSettings() {
        return modules.transformer().resolve("tokenizer_config.json");
    }

    private JsonNode tokenizerJson(Path file) throws IOException {
        JsonNode json = Files.exists(file) ? JsonFile.read(file) : TokenizerParts.json(modules.transformer(), config);
        return lowerCase ? TokenizerJson.lowerCased(json) : json;
    }

    private static ModelLoadException unusable(IOException fault) {
        return new ModelLoadException(OneLine.of(String.valueOf(fault.getMessage())) + ": download the folder again", fault);
    }

    private static @Nullable ModelConfig sentenceFile(Path folder) {
        for (String name : SENTENCE_FILES) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) {
                return ModelConfig.read(file);
            }
        }
        return null;
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
