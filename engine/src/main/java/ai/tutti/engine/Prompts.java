package ai.tutti.engine;

import ai.tutti.engine.text.InvalidInputException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The texts that a model may have in front of its input, by name. A folder's own default applies when the caller asks for
 * nothing; the catalogue's only when asked.
 *
 * <p>By name the folder's word counts, even when it is empty. By the input's type an empty prompt is none: newer versions of
 * sentence-transformers write {@code query} and {@code document} into every folder, empty where the model has no such prompt.
 *
 * @param folder what the folder declares
 * @param defaultName which of those applies to callers that ask for nothing; null: none
 * @param catalogue what is known beyond the folder
 */
record Prompts(Map<String, String> folder, @Nullable String defaultName, Map<String, String> catalogue) {
    /** What the prompt of a query may be called. */
    static final List<String> QUERY = List.of("query");

    /** What the prompt of a document may be called, the first one found counts. */
    static final List<String> DOCUMENT = List.of("document", "passage", "corpus");

    private static final Map<String, List<String>> INPUT_TYPES =
            Map.of("query", QUERY, "search_query", QUERY, "document", DOCUMENT, "search_document", DOCUMENT);

    Prompts {
        folder = Map.copyOf(folder);
        catalogue = Map.copyOf(catalogue);
    }

    /** All that can be asked for by name. */
    Map<String, String> byName() {
        var all = new HashMap<>(catalogue);
        all.putAll(folder);
        return Map.copyOf(all);
    }

    /** What to put in front of the text; empty for nothing. */
    String choose(@Nullable String promptName, @Nullable String inputType) {
        if (promptName != null) {
            var prompt = byName().get(promptName);
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
            return Stream.concat(filled(folder, names), filled(catalogue, names)).findFirst().orElse("");
        }
        return byDefault();
    }

    /**
     * What the folder declares for an input that is known to be a query or a document, without having been asked.
     *
     * @param names {@link #QUERY} or {@link #DOCUMENT}
     */
    String declared(List<String> names) {
        return names.stream().anyMatch(folder::containsKey)
                ? filled(folder, names).findFirst().orElse("")
                : byDefault();
    }

    /** What applies when nothing is asked for. */
    String byDefault() {
        return defaultName == null ? "" : folder.getOrDefault(defaultName, "");
    }

    private static Stream<String> filled(Map<String, String> prompts, List<String> names) {
        return names.stream().map(name -> prompts.getOrDefault(name, "")).filter(prompt -> !prompt.isEmpty());
    }

    private String names() {
        var known = byName();
        return known.isEmpty() ? "it has none" : String.join(", ", known.keySet().stream().sorted().toList());
    }
}
