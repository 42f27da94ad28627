package ai.tutti.engine.checkpoint;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One of a folder's JSON objects, {@code config.json} or a part of it. A key whose value is null counts as absent; a value
 * of the wrong type is refused with a {@link ModelLoadException} that names the file and the key.
 */
public final class ModelConfig {
    private final Path file;
    private final String place;
    private final JsonNode json;

    private ModelConfig(Path file, String place, JsonNode json) {
        this.file = requireNonNull(file, "file is null");
        this.place = place;
        this.json = json;
    }

    static ModelConfig read(Path file) {
        JsonNode json = JsonFile.read(file);
        if (!json.isObject()) {
            throw new ModelLoadException(file + " is broken, it is not a JSON object: download it again");
        }
        return new ModelConfig(file, "", json);
    }

    /** The file it was read from. */
    public Path file() {
        return file;
    }

    public boolean has(String key) {
        return json.hasNonNull(key);
    }

    public int requireInt(String key) {
        JsonNode value = require(key);
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw wrong(key, "a whole number");
        }
        return value.intValue();
    }

    public int intOr(String key, int otherwise) {
        return has(key) ? requireInt(key) : otherwise;
    }

    public double requireDouble(String key) {
        JsonNode value = require(key);
        if (!value.isNumber()) {
            throw wrong(key, "a number");
        }
        return value.doubleValue();
    }

    public double doubleOr(String key, double otherwise) {
        return has(key) ? requireDouble(key) : otherwise;
    }

    public String requireString(String key) {
        JsonNode value = require(key);
        if (!value.isString()) {
            throw wrong(key, "a string");
        }
        return value.stringValue();
    }

    public String stringOr(String key, String otherwise) {
        return has(key) ? requireString(key) : otherwise;
    }

    /** A string alone, or the one called {@code content} in an object: a tokenizer's special token. */
    String textOrContent(String key, String otherwise) {
        ModelConfig token = has(key) && json.get(key).isObject() ? object(key) : null;
        return token == null ? stringOr(key, otherwise) : token.stringOr("content", otherwise);
    }

    public boolean booleanOr(String key, boolean otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        JsonNode value = json.get(key);
        if (!value.isBoolean()) {
            throw wrong(key, "true or false");
        }
        return value.booleanValue();
    }

    /** A list of strings; empty when the key is absent. */
    public List<String> strings(String key) {
        List<String> strings = new ArrayList<>();
        if (has(key)) {
            for (JsonNode value : array(key)) {
                if (!value.isString()) {
                    throw wrong(key, "a list of strings");
                }
                strings.add(value.stringValue());
            }
        }
        return List.copyOf(strings);
    }

    /** A string alone or a list of strings, as a list; empty when the key is absent. */
    public List<String> stringOrStrings(String key) {
        return has(key) && json.get(key).isString() ? List.of(requireString(key)) : strings(key);
    }

    /** An object inside this one, or null when the key is absent. */
    public @Nullable ModelConfig object(String key) {
        if (!has(key)) {
            return null;
        }
        JsonNode value = json.get(key);
        if (!value.isObject()) {
            throw wrong(key, "an object");
        }
        return new ModelConfig(file, place + key + ".", value);
    }

    /** How many classes a {@code config.json}'s head tells apart: the size of {@code id2label}, else {@code num_labels}, else 2. */
    public int labels() {
        ModelConfig names = object("id2label");
        return names == null ? intOr("num_labels", 2) : names.keys().size();
    }

    /** The keys, in the file's order. */
    public List<String> keys() {
        return List.copyOf(json.propertyNames());
    }

    private JsonNode array(String key) {
        JsonNode value = json.get(key);
        if (!value.isArray()) {
            throw wrong(key, "a list");
        }
        return value;
    }

    private JsonNode require(String key) {
        if (!has(key)) {
            throw new ModelLoadException("%s lacks the key %s: download it again".formatted(file, place + key));
        }
        return json.get(key);
    }

    private ModelLoadException wrong(String key, String wanted) {
        return new ModelLoadException("%s: %s should be %s, not %s: download it again"
                .formatted(file, place + key, wanted, OneLine.of(json.get(key).toString())));
    }
}
