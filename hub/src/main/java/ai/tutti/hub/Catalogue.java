package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import ai.tutti.hub.CatalogueEntry.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The models whose licences, prompts and purposes are known; read from {@code catalogue.json} beside this class. */
public final class Catalogue {
    private static final Map<String, CatalogueEntry> ENTRIES = read();

    private Catalogue() {}

    /** The model's entry, or null when the catalogue does not know it. */
    public static @Nullable CatalogueEntry find(String name) {
        return ENTRIES.get(name);
    }

    /** All entries, in the catalogue's order. */
    public static List<CatalogueEntry> entries() {
        return List.copyOf(ENTRIES.values());
    }

    private static Map<String, CatalogueEntry> read() {
        Map<String, CatalogueEntry> entries = new LinkedHashMap<>();
        try (InputStream in = requireNonNull(Catalogue.class.getResourceAsStream("catalogue.json"), "catalogue.json")) {
            for (JsonNode family : JsonMapper.shared().readTree(in)) {
                for (JsonNode name : family.path("models")) {
                    CatalogueEntry entry = entry(name.stringValue(), family);
                    entries.put(entry.name(), entry);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Collections.unmodifiableMap(entries);
    }

    private static CatalogueEntry entry(String name, JsonNode family) {
        Map<String, String> prompts = new LinkedHashMap<>();
        family.path("prompts").properties().forEach(prompt -> prompts.put(
                prompt.getKey(), prompt.getValue().stringValue()));
        int slash = name.indexOf('/');
        return new CatalogueEntry(
                name,
                name.substring(0, slash),
                family.path("license").asString(""),
                family.path("link").asString(""),
                name.substring(slash + 1),
                Kind.valueOf(family.path("kind").stringValue()),
                prompts,
                family.has("matryoshka") ? family.get("matryoshka").booleanValue() : null);
    }
}
