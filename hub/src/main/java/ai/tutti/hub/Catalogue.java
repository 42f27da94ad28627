package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import ai.tutti.hub.CatalogueEntry.Kind;
import ai.tutti.hub.CatalogueEntry.RaisedLimit;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The models of which more is known than their files say; read from {@code catalogue.json} beside this class. There, models
 * that share something stand together: a group's keys hold for each of its models that does not have the key itself.
 */
public final class Catalogue {
    private static final SequencedMap<String, CatalogueEntry> ENTRIES = read();
    private static final Map<String, CatalogueEntry> WHATEVER_THE_CASE = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    static {
        WHATEVER_THE_CASE.putAll(ENTRIES);
    }

    private Catalogue() {}

    /** The model's entry, whatever the name's case, or null when the catalogue does not know it. */
    public static @Nullable CatalogueEntry find(String name) {
        return WHATEVER_THE_CASE.get(name);
    }

    /** All entries, in the catalogue's order. */
    public static List<CatalogueEntry> entries() {
        return List.copyOf(ENTRIES.values());
    }

    private static SequencedMap<String, CatalogueEntry> read() {
        SequencedMap<String, CatalogueEntry> entries = new LinkedHashMap<>();
        try (InputStream in = requireNonNull(Catalogue.class.getResourceAsStream("catalogue.json"), "catalogue.json")) {
            for (JsonNode group : JsonMapper.shared().readTree(in)) {
                for (JsonNode model : group.get("models")) {
                    ObjectNode whole = ((ObjectNode) group.deepCopy()).setAll((ObjectNode) model);
                    CatalogueEntry entry = entry(whole);
                    entries.put(entry.name(), entry);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Collections.unmodifiableSequencedMap(entries);
    }

    private static CatalogueEntry entry(JsonNode model) {
        Map<String, String> prompts = new LinkedHashMap<>();
        model.path("prompts").properties().forEach(prompt -> prompts.put(
                prompt.getKey(), prompt.getValue().stringValue()));
        JsonNode limit = model.path("raised_limit");
        return new CatalogueEntry(
                model.get("name").stringValue(),
                Kind.valueOf(model.get("kind").stringValue()),
                model.get("family").stringValue(),
                model.get("license").stringValue(),
                model.get("link").stringValue(),
                model.path("published").booleanValue(true),
                model.path("dimensions").intValue(0),
                model.path("max_tokens").intValue(0),
                model.path("parameters").longValue(0),
                prompts,
                model.has("matryoshka") ? model.get("matryoshka").booleanValue() : null,
                limit.isObject() ? new RaisedLimit(limit.get("stated").intValue(), limit.get("tokens").intValue()) : null,
                model.has("tokenizer") ? model.get("tokenizer").stringValue() : null,
                model.has("template") ? model.get("template").stringValue() : null,
                model.path("traps").valueStream().map(JsonNode::stringValue).toList());
    }
}
