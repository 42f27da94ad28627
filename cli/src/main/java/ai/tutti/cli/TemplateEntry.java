package ai.tutti.cli;

import ai.tutti.engine.RerankPrompt;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A model's {@code template}: the name of a known prompt, or a prompt of one's own with {@code prefix}, {@code query},
 * {@code document}, {@code suffix}, {@code yes}, {@code no} and, where the query's text has a place for it, {@code instruction}.
 */
final class TemplateEntry {
    private static final List<String> KEYS = List.of("prefix", "query", "document", "suffix", "yes", "no", "instruction");

    private TemplateEntry() {}

    static @Nullable RerankPrompt read(JsonNode node, String origin) {
        if (node.isNull()) {
            return null;
        }
        if (node.isValueNode()) {
            RerankPrompt prompt = RerankPrompt.named(node.asString());
            if (prompt == null) {
                throw new Given(node.asString(), origin)
                        .wrong("one of %s, or a prompt of your own (%s)"
                                .formatted(String.join(", ", RerankPrompt.names()), String.join(", ", KEYS)));
            }
            return prompt;
        }
        Map<String, String> texts = texts(node, origin);
        try {
            return RerankPrompt.custom(
                    texts.getOrDefault("prefix", ""),
                    required(texts, "query", origin),
                    required(texts, "document", origin),
                    required(texts, "suffix", origin),
                    texts.get("instruction"),
                    new RerankPrompt.Answer.Words(required(texts, "yes", origin), required(texts, "no", origin)));
        } catch (IllegalArgumentException e) {
            throw new UsageException("%s: %s".formatted(origin, e.getMessage()));
        }
    }

    private static Map<String, String> texts(JsonNode node, String origin) {
        if (!node.isObject()) {
            throw new UsageException(
                    "%s: must be a name, or 'key: value' lines (%s)".formatted(origin, String.join(", ", KEYS)));
        }
        Map<String, String> texts = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (!KEYS.contains(entry.getKey())) {
                throw new UsageException("%s: unknown key '%s' (known: %s)"
                        .formatted(origin, entry.getKey(), String.join(", ", KEYS)));
            }
            if (!entry.getValue().isValueNode() || entry.getValue().isNull()) {
                throw new UsageException("%s: %s: must be a text".formatted(origin, entry.getKey()));
            }
            texts.put(entry.getKey(), entry.getValue().asString());
        }
        return texts;
    }

    private static String required(Map<String, String> texts, String key, String origin) {
        String text = texts.get(key);
        if (text == null) {
            throw new UsageException("%s: lacks %s".formatted(origin, key));
        }
        return text;
    }
}
