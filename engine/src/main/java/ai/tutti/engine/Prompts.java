package ai.tutti.engine;

import ai.tutti.engine.text.InvalidInputException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The texts that a model may have in front of its input, by name. A folder's own default applies when the caller asks for
 * nothing; everything else only when asked.
 */
record Prompts(Map<String, String> byName, @Nullable String defaultName) {
    private static final Map<String, List<String>> INPUT_TYPES = Map.of(
            "query", List.of("query"),
            "search_query", List.of("query"),
            "document", List.of("document", "passage", "corpus"),
            "search_document", List.of("document", "passage", "corpus"));

    Prompts {
        byName = Map.copyOf(byName);
    }

    /** The folder's prompts, and those of the catalogue that it does not have itself. */
    static Prompts of(Map<String, String> folder, @Nullable String defaultName, Map<String, String> catalogue) {
        var all = new HashMap<>(catalogue);
        all.putAll(folder);
        return new Prompts(all, defaultName);
    }

    /** What to put in front of the text; empty for nothing. */
    String choose(@Nullable String promptName, @Nullable String inputType) {
        if (promptName != null) {
            var prompt = byName.get(promptName);
            if (prompt == null) {
                throw new InvalidInputException(
                        "prompt_name",
                        "prompt_name '%s' is not one of this model's prompts: %s".formatted(promptName, names()));
            }
            return prompt;
        }
        if (inputType != null) {
            var names = INPUT_TYPES.get(inputType);
            if (names == null) {
                throw new InvalidInputException(
                        "input_type",
                        "input_type must be one of query, document, search_query, search_document, not '%s'"
                                .formatted(inputType));
            }
            return names.stream().filter(byName::containsKey).findFirst().map(byName::get).orElse("");
        }
        return defaultName == null ? "" : byName.getOrDefault(defaultName, "");
    }

    private String names() {
        return byName.isEmpty() ? "it has none" : String.join(", ", byName.keySet().stream().sorted().toList());
    }
}
