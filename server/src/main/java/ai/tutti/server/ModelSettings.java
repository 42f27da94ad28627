package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.Reproduction;
import ai.tutti.engine.RerankPrompt;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.hub.CatalogueEntry;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the operator set for one model.
 *
 * @param path the model's folder; null: found by its name
 * @param precision the arithmetic; null: the server's
 * @param maxTokens a limit of tokens a text; null: the folder's own
 * @param matryoshka whether shorter {@code dimensions} may be asked for; null: as the model is known
 * @param lazy whether it is loaded when it is first asked for, and not at the start; null: as all models
 * @param template how a language model is asked for rerank scores; null: as the model is known, or its folder says
 * @param reproduction how its vectors are made where its folder leaves that open
 */
public record ModelSettings(
        @Nullable Path path,
        @Nullable Precision precision,
        @Nullable Integer maxTokens,
        @Nullable Boolean matryoshka,
        @Nullable Boolean lazy,
        @Nullable RerankPrompt template,
        Reproduction reproduction) {
    /** Nothing set. */
    public static final ModelSettings DEFAULT = new ModelSettings(null, null, null, null, null);

    public ModelSettings {
        requireNonNull(reproduction, "reproduction is null");
    }

    /** How a model is asked for rerank scores: as was set, else as the catalogue knows; null: as its folder says, if it does. */
    public @Nullable RerankPrompt prompt(CatalogueEntry entry) {
        return template != null || entry.template() == null ? template : RerankPrompt.named(entry.template());
    }

    /** What is known of a model; one for which a template was set is a reranker. */
    public CatalogueEntry entry(CatalogueEntry known) {
        return template == null ? known : known.asReranker();
    }

    /** With vectors as the reference makes them. */
    public ModelSettings(
            @Nullable Path path,
            @Nullable Precision precision,
            @Nullable Integer maxTokens,
            @Nullable Boolean matryoshka,
            @Nullable Boolean lazy) {
        this(path, precision, maxTokens, matryoshka, lazy, null, Reproduction.REFERENCE);
    }
}
