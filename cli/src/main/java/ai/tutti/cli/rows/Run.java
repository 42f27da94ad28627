package ai.tutti.cli.rows;

import ai.tutti.api.Json;
import ai.tutti.engine.nn.Vectors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What makes a run's vectors what they are, so that a run that goes on with another's output can tell whether it may.
 *
 * @param settings everything that was chosen, by a name for people
 * @param input a digest of the input; null where it comes but once
 * @param probe the vector of a text that is always the same: it changes when the model does, under whatever name
 */
public record Run(Map<String, String> settings, @Nullable String input, float[] probe) {
    /** Vectors of one model on two kinds of CPU are closer than that. */
    private static final double SAME = 0.9999;

    public Run {
        settings = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    /** In what an earlier run was another one; null when it was the same. */
    @Nullable String difference(Run earlier) {
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            String then = earlier.settings.getOrDefault(setting.getKey(), "nothing");
            if (!then.equals(setting.getValue())) {
                return "another %s (%s then, %s now)".formatted(setting.getKey(), then, setting.getValue());
            }
        }
        if (!Objects.equals(input, earlier.input)) {
            return "another input (it has changed since)";
        }
        if (probe.length != earlier.probe.length || Vectors.cosine(probe, earlier.probe) < SAME) {
            return "another model of that name (it has changed since)";
        }
        return null;
    }

    /** The run as JSON. */
    public byte[] write() {
        ObjectNode run = Json.mapper().createObjectNode();
        ObjectNode chosen = run.putObject("settings");
        settings.forEach(chosen::put);
        run.put("input", input);
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * probe.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(probe);
        run.put("probe", Base64.getEncoder().encodeToString(bytes.array()));
        return Json.write(run);
    }

    /** Reads what {@link #write} wrote; null for anything else, such as the half of it. */
    public static @Nullable Run read(byte[] json) {
        try {
            JsonNode run = Json.mapper().readTree(json);
            if (!run.path("probe").isString() || !run.path("settings").isObject()) {
                return null;
            }
            var settings = new LinkedHashMap<String, String>();
            run.path("settings").properties().forEach(setting -> settings.put(setting.getKey(), setting.getValue().asString()));
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(run.path("probe").stringValue()))
                    .order(ByteOrder.LITTLE_ENDIAN);
            var probe = new float[bytes.remaining() / Float.BYTES];
            bytes.asFloatBuffer().get(probe);
            return new Run(settings, run.path("input").isString() ? run.path("input").stringValue() : null, probe);
        } catch (JacksonException | IllegalArgumentException e) {
            return null;
        }
    }
}
