package ai.tutti.cli;

import ai.tutti.engine.RerankPrompt;
import ai.tutti.engine.Reproduction;
import ai.tutti.engine.Reproduction.Padding;
import ai.tutti.engine.Reproduction.Vocabulary;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.server.ModelSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The configuration file's {@code models:}, each name with {@code path}, {@code precision}, {@code max-tokens}, {@code matryoshka},
 * {@code lazy}, {@code template}, {@code padding}, {@code tokenizer}, {@code normalize}.
 */
final class ModelEntries {
    private static final String KEYS =
            "path, precision, max-tokens, matryoshka, lazy, template, padding, tokenizer, normalize";

    private ModelEntries() {}

    /**
     * Reads the entries.
     *
     * @param origin where they stand, for messages
     * @param file the file they are in; a relative {@code path} starts from its folder
     */
    static Map<String, ModelSettings> read(JsonNode node, String origin, Path file) {
        if (node.isNull()) {
            return Map.of();
        }
        if (!node.isObject()) {
            throw new UsageException(origin + ": must be names of models, each with its settings below it");
        }
        var models = new LinkedHashMap<String, ModelSettings>();
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            models.put(entry.getKey(), entry(entry.getValue(), origin + ": " + entry.getKey(), file));
        }
        return models;
    }

    private static ModelSettings entry(JsonNode node, String origin, Path file) {
        @Nullable Path path = null;
        @Nullable Precision precision = null;
        @Nullable Integer maxTokens = null;
        @Nullable Boolean matryoshka = null;
        @Nullable Boolean lazy = null;
        @Nullable RerankPrompt template = null;
        @Nullable Padding padding = null;
        @Nullable Vocabulary vocabulary = null;
        @Nullable Boolean normalize = null;
        if (!node.isNull() && !node.isObject()) {
            throw new UsageException(origin + ": must be 'key: value' lines (" + KEYS + ")");
        }
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (entry.getKey().equals("template")) {
                template = TemplateEntry.read(entry.getValue(), origin + ": template");
                continue;
            }
            if (!entry.getValue().isValueNode() || entry.getValue().isNull()) {
                throw new UsageException("%s: %s: must be a single value".formatted(origin, entry.getKey()));
            }
            var value = new Given(entry.getValue().asString(), origin + ": " + entry.getKey());
            switch (entry.getKey()) {
                case "path" -> path = file.resolveSibling(Values.path(value));
                case "precision" -> precision = Values.precision(value);
                case "max-tokens" -> maxTokens = Math.toIntExact(Values.count(value, Integer.MAX_VALUE));
                case "matryoshka" -> matryoshka = Values.bool(value);
                case "lazy" -> lazy = Values.bool(value);
                case "padding" -> padding = Values.choice(value, Padding.values());
                case "tokenizer" -> vocabulary = Values.choice(value, Vocabulary.values());
                case "normalize" -> normalize = Values.bool(value);
                default -> throw new UsageException("%s: unknown key '%s' (known: %s)".formatted(origin, entry.getKey(), KEYS));
            }
        }
        var reproduction = new Reproduction(padding, vocabulary, normalize);
        return new ModelSettings(path, precision, maxTokens, matryoshka, lazy, template, reproduction);
    }
}
