package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a model beyond its files.
 *
 * @param name its published name
 * @param organization who published it; may be empty
 * @param license its licence's SPDX identifier; empty where unknown
 * @param link its project's page; empty where unknown
 * @param displayName its name for people
 * @param kind what it is for
 * @param prompts texts to put in front of an input, by what the input is ({@code query}, {@code document})
 * @param matryoshka whether the first dimensions of its vectors stand for the whole; null where unknown
 */
public record CatalogueEntry(
        String name,
        String organization,
        String license,
        String link,
        String displayName,
        Kind kind,
        Map<String, String> prompts,
        @Nullable Boolean matryoshka) {
    /** What a model is for. */
    public enum Kind {
        EMBEDDING,
        RERANK
    }

    public CatalogueEntry {
        requireNonNull(name, "name is null");
        requireNonNull(organization, "organization is null");
        requireNonNull(license, "license is null");
        requireNonNull(link, "link is null");
        requireNonNull(displayName, "displayName is null");
        requireNonNull(kind, "kind is null");
        prompts = Collections.unmodifiableMap(new LinkedHashMap<>(prompts));
    }

    /** An entry for a model that the catalogue does not know. */
    static CatalogueEntry unknown(String name, Kind kind) {
        int slash = name.indexOf('/');
        return new CatalogueEntry(
                name, slash < 0 ? "" : name.substring(0, slash), "", "", name.substring(slash + 1), kind, Map.of(), null);
    }
}
