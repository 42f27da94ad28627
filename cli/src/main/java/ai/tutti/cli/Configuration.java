package ai.tutti.cli;

import ai.tutti.server.ModelSettings;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that was configured, before it is understood: the flags first, what they leave open from the environment, the rest
 * from the file. A repeatable setting is taken whole from the first of the three that names it.
 *
 * @param given values by setting; never an empty list
 * @param models the file's settings by model
 */
record Configuration(Map<Setting, List<Given>> given, Map<String, ModelSettings> models) {
    Configuration {
        given = Map.copyOf(given);
        models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
    }

    static Configuration of(Map<Setting, List<Given>> flags, Map<String, String> environment, ConfigFile file) {
        var given = new EnumMap<Setting, List<Given>>(Setting.class);
        given.putAll(file.given());
        given.putAll(environment(environment));
        given.putAll(flags);
        return new Configuration(given, file.models());
    }

    /** The values of a setting; empty when nobody gave one. */
    List<Given> all(Setting setting) {
        return given.getOrDefault(setting, List.of());
    }

    private static Map<Setting, List<Given>> environment(Map<String, String> environment) {
        var given = new EnumMap<Setting, List<Given>>(Setting.class);
        for (Setting setting : Setting.values()) {
            String name = setting.environmentVariable();
            String variable = environment.getOrDefault(name, "");
            String value = variable.strip();
            if (setting.repeatable() ? variable.isEmpty() : value.isEmpty()) {
                continue;
            }
            List<String> values = setting.repeatable() ? values(name, value) : List.of(value);
            given.put(setting, values.stream().map(text -> new Given(text, name)).toList());
        }
        return given;
    }

    /** A list that was meant to name something must not pass for none: without a key, for one, every key is accepted. */
    private static List<String> values(String name, String text) {
        List<String> values = List.of(text.split("\\s*,\\s*"));
        if (values.stream().allMatch(String::isEmpty)) {
            throw new UsageException(name + ": is set but names no value; give one or more, or unset it");
        }
        return values;
    }
}
