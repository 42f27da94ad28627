package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a model beyond its files. The sizes are for people who choose a model; what is served is as its files
 * say.
 *
 * @param name its published name
 * @param kind what it is for
 * @param family its {@code model_type}, for instance {@code bert}; empty where unknown
 * @param license its licence's SPDX identifier; empty where unknown
 * @param link its project's page; empty where unknown
 * @param published whether its weights can be had at all
 * @param dimensions the length of its vectors; 0 for a reranker and where unknown
 * @param maxTokens the most tokens of a text; 0 where unknown
 * @param parameters how many numbers its weights have, about; 0 where unknown
 * @param prompts texts to put in front of an input, by what the input is ({@code query}, {@code document})
 * @param matryoshka whether the first dimensions of its vectors stand for the whole; null where unknown
 * @param raisedLimit where its folder states a limit of tokens that is too low; null where it is right
 * @param tokenizer the published name of the tokenizer it was trained with, where its folder holds another; else null
 * @param template the name of the prompt by which it is asked for rerank scores; null where it is asked by none
 * @param traps what surprises its users, a sentence each
 */
public record CatalogueEntry(
        String name,
        Kind kind,
        String family,
        String license,
        String link,
        boolean published,
        int dimensions,
        int maxTokens,
        long parameters,
        Map<String, String> prompts,
        @Nullable Boolean matryoshka,
        @Nullable RaisedLimit raisedLimit,
        @Nullable String tokenizer,
        @Nullable String template,
        List<String> traps) {
    /** What a model is for. */
    public enum Kind {
        EMBEDDING,
        RERANK
    }

    /**
     * A limit of tokens that a folder states too low.
     *
     * @param stated exactly this stated value is replaced
     * @param tokens what applies instead
     */
    public record RaisedLimit(int stated, int tokens) {}

    public CatalogueEntry {
        requireNonNull(name, "name is null");
        requireNonNull(kind, "kind is null");
        requireNonNull(family, "family is null");
        requireNonNull(license, "license is null");
        requireNonNull(link, "link is null");
        prompts = Collections.unmodifiableMap(new LinkedHashMap<>(prompts));
        traps = List.copyOf(traps);
    }

    /** An entry for a model that the catalogue does not know. */
    static CatalogueEntry unknown(String name, Kind kind) {
        return new CatalogueEntry(name, kind, "", "", "", true, 0, 0, 0, Map.of(), null, null, null, null, List.of());
    }

    /** The same as a reranker, as which its operator serves it. */
    public CatalogueEntry asReranker() {
        return new CatalogueEntry(
                name,
                Kind.RERANK,
                family,
                license,
                link,
                published,
                0,
                maxTokens,
                parameters,
                prompts,
                matryoshka,
                raisedLimit,
                tokenizer,
                template,
                traps);
    }

    /** Who published it; may be empty. */
    public String organization() {
        return name.substring(0, Math.max(0, name.indexOf('/')));
    }

    /** Its name for people. */
    public String displayName() {
        return name.substring(name.indexOf('/') + 1);
    }
}
