package ai.tutti.cli;

import ai.tutti.server.ModelSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The configuration file: the settings by their key, and {@code models:}, each name with its {@link ModelSettings}. Settings
 * that begin with {@code chat-} may stand together under {@code chat:}, without that. A key that means nothing is an error, as a
 * misspelt one would otherwise be obeyed in silence by its default.
 *
 * @param given values by setting; never an empty list
 * @param models settings by model
 */
record ConfigFile(Map<Setting, List<Given>> given, Map<String, ModelSettings> models) {
    ConfigFile {
        given = Map.copyOf(given);
        models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
    }

    /** Read from the working directory when no other file is named. */
    static final String NAME = "tutti.yaml";

    static final ConfigFile NONE = new ConfigFile(Map.of(), Map.of());

    private static final String MODELS = "models";
    private static final String CHAT = "chat";
    private static final String CHAT_PREFIX = CHAT + "-";

    private static final YAMLMapper YAML =
            YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    /** Reads {@code named}, which must exist; without it {@code tutti.yaml} in the folder, where there is one. */
    static ConfigFile find(@Nullable Path named, Path folder) {
        if (named != null) {
            return read(folder.resolve(named), named.toString());
        }
        Path usual = folder.resolve(NAME);
        return Files.exists(usual) ? read(usual, NAME) : NONE;
    }

    private static ConfigFile read(Path path, String name) {
        JsonNode root = parse(path, name);
        if (root.isMissingNode() || root.isNull()) {
            return NONE;
        }
        if (!root.isObject()) {
            throw new UsageException(name + ": must be a list of 'key: value' lines");
        }
        var given = new EnumMap<Setting, List<Given>>(Setting.class);
        Map<String, ModelSettings> models = Map.of();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            String key = entry.getKey();
            String origin = name + ": " + key;
            if (key.equals(MODELS)) {
                models = ModelEntries.read(entry.getValue(), origin, path);
                continue;
            }
            if (key.equals(CHAT)) {
                chat(entry.getValue(), origin, given);
                continue;
            }
            Setting setting = Setting.ofKey(key).orElseThrow(() -> new UsageException(
                    "%s: unknown key '%s' (known: %s, %s, %s)".formatted(name, key, knownKeys(""), MODELS, CHAT)));
            put(setting, entry.getValue(), origin, given);
        }
        return new ConfigFile(given, models);
    }

    private static void chat(JsonNode node, String origin, Map<Setting, List<Given>> given) {
        if (!node.isNull() && !node.isObject()) {
            throw new UsageException("%s: must be 'key: value' lines (%s)".formatted(origin, knownKeys(CHAT_PREFIX)));
        }
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            Setting setting = Setting.ofKey(CHAT_PREFIX + entry.getKey()).orElseThrow(() -> new UsageException(
                    "%s: unknown key '%s' (known: %s)".formatted(origin, entry.getKey(), knownKeys(CHAT_PREFIX))));
            put(setting, entry.getValue(), origin + ": " + entry.getKey(), given);
        }
    }

    private static void put(Setting setting, JsonNode node, String origin, Map<Setting, List<Given>> given) {
        List<Given> values = values(setting, node, origin);
        if (!values.isEmpty() && given.put(setting, values) != null) {
            throw new UsageException("%s: is given twice; give it once".formatted(origin));
        }
    }

    private static JsonNode parse(Path path, String name) {
        if (!Files.isRegularFile(path)) {
            throw new UsageException("--config: there is no file '%s'; give the path of a YAML file".formatted(name));
        }
        try {
            return YAML.readTree(Files.readString(path));
        } catch (IOException e) {
            throw new UsageException("%s: cannot be read as UTF-8 text (%s)".formatted(name, e.getMessage()), e);
        } catch (JacksonException e) {
            String problem = e.getOriginalMessage().lines().findFirst().orElse("not YAML").strip();
            throw new UsageException(
                    "%s: line %d: %s".formatted(name, e.getLocation() == null ? 1 : e.getLocation().getLineNr(), problem), e);
        }
    }

    private static List<Given> values(Setting setting, JsonNode node, String origin) {
        boolean namesNothing = node.isNull() || (node.isContainer() && node.isEmpty());
        if (setting.repeatable() && namesNothing) {
            // A list that was meant to name something must not pass for none: without a key, for one, every key is accepted.
            throw new UsageException(origin + ": names no value; give one or more, or remove the line");
        }
        if (node.isNull()) {
            return List.of();
        }
        if (setting.repeatable() && node.isArray()) {
            return node.valueStream().map(item -> new Given(scalar(item, origin), origin)).toList();
        }
        if ((setting == Setting.ALIAS || setting == Setting.CHAT_MODELS) && node.isObject()) {
            return node.properties().stream()
                    .map(entry -> new Given(entry.getKey() + "=" + scalar(entry.getValue(), origin), origin))
                    .toList();
        }
        return List.of(new Given(scalar(node, origin), origin));
    }

    private static String scalar(JsonNode node, String origin) {
        if (!node.isValueNode() || node.isNull()) {
            throw new UsageException(origin + ": must be a single value");
        }
        return node.asString();
    }

    private static String knownKeys(String prefix) {
        return Arrays.stream(Setting.values())
                .map(Setting::key)
                .filter(key -> key.startsWith(prefix))
                .map(key -> key.substring(prefix.length()))
                .collect(Collectors.joining(", "));
    }
}
