package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is known of a passage, by name: {@code String}, {@code Long}, {@code Double} and {@code Boolean}. */
final class Metadata {
    /** The longest text in characters: what an index can hold as one term. */
    static final int MAX_TEXT = 800;

    static final int MAX_KEY = 100;

    /** The largest whole number that a double, and so JSON, keeps exactly. */
    private static final long EXACT = 1L << 53;

    private static final JsonMapper JSON = JsonMapper.shared();

    private Metadata() {}

    /** An immutable copy in the order of the names, numbers as {@code Long} or {@code Double}. */
    static Map<String, Object> copy(Map<String, Object> metadata) {
        if (metadata.isEmpty()) {
            return Map.of();
        }
        var copy = new TreeMap<String, Object>();
        metadata.forEach((key, value) -> copy.put(key(key), value(key, value)));
        return Collections.unmodifiableMap(copy);
    }

    /** The name, checked. */
    static String key(String key) {
        if (key.isEmpty() || key.length() > MAX_KEY || !Texts.storable(key).equals(key)) {
            throw new IllegalArgumentException(
                    "a metadata name must have 1 to %d characters: %s".formatted(MAX_KEY, Texts.shown(key)));
        }
        return key;
    }

    /** The value in the form that is stored and compared. */
    static Object value(String key, @Nullable Object value) {
        return switch (value) {
            case String text -> text(key, text);
            case Boolean flag -> flag;
            case Byte number -> number.longValue();
            case Short number -> number.longValue();
            case Integer number -> number.longValue();
            case Long number when Math.abs(number) <= EXACT -> number;
            case Float number when Float.isFinite(number) -> number.doubleValue();
            case Double number when Double.isFinite(number) -> number;
            case null, default -> throw new IllegalArgumentException(
                    "metadata %s must be text, a boolean or a finite number to 2^53, not %s"
                            .formatted(Texts.shown(key), Texts.shown(String.valueOf(value))));
        };
    }

    private static String text(String key, String text) {
        if (text.length() > MAX_TEXT) {
            throw new IllegalArgumentException("metadata %s may have at most %,d characters, not %,d"
                    .formatted(Texts.shown(key), MAX_TEXT, text.length()));
        }
        return Texts.storable(text);
    }

    /** As a JSON object. */
    static String write(Map<String, Object> metadata) {
        return JSON.writeValueAsString(metadata);
    }

    /** From what {@link #write} made, by way of a database or not. */
    static Map<String, Object> read(String json) {
        var metadata = new TreeMap<String, Object>();
        try {
            JSON.readTree(requireNonNull(json, "json is null"))
                    .forEachEntry((key, node) -> metadata.put(key, value(node)));
        } catch (JacksonException e) {
            throw new StoreException("metadata that were stored cannot be read: " + e.getOriginalMessage(), e);
        }
        return Collections.unmodifiableMap(metadata);
    }

    private static Object value(JsonNode node) {
        if (node.isString()) {
            return node.stringValue();
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        return node.isIntegralNumber() ? (Object) node.longValue() : (Object) node.doubleValue();
    }
}
