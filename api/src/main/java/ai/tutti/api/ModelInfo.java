package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * A model in {@code GET /v1/models}: what Together's and OpenAI's SDKs insist on, and what Tutti adds.
 *
 * @param id the name to ask for; an alias is listed as a model of its own
 * @param object always {@code model}
 * @param created seconds since 1970
 * @param ownedBy the organization, under OpenAI's name
 * @param type {@code embedding}, {@code rerank} or {@code chat}
 * @param displayName the name for people
 * @param organization who made it
 * @param link where it is described
 * @param license its licence
 * @param contextLength the longest text in tokens, special tokens included
 * @param pricing all zero
 * @param dimensions the length of a vector; null for models that only rerank or were not loaded yet
 * @param precision the arithmetic in use: {@code f32}, {@code bf16} or {@code int8}
 * @param servedBy the model that really answers; another name than {@code id} for an alias; with the host for a chat model
 * @param relevanceScore what the score is if the model is named in a rerank request
 * @param running whether it is in memory; one that is not is loaded by the next request
 * @param state {@code loaded}, {@code loading} or {@code unloaded}
 * @param note what is doubtful about its files; null: nothing
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelInfo(
        @Required String id,
        String object,
        long created,
        @Nullable String ownedBy,
        @Required String type,
        @Nullable String displayName,
        @Nullable String organization,
        @Nullable String link,
        @Nullable String license,
        @Nullable Integer contextLength,
        @Nullable Pricing pricing,
        @Nullable Integer dimensions,
        @Nullable String precision,
        @Nullable String servedBy,
        @Nullable String relevanceScore,
        @Nullable Boolean running,
        @Nullable String state,
        @Nullable String note) {
    public ModelInfo {
        requireNonNull(id, "id is null");
        requireNonNull(type, "type is null");
    }

    /** Prices; SDKs insist on all of them. */
    public record Pricing(double hourly, double input, double output, double base, double finetune, double cachedInput) {
        /** Nothing costs anything. */
        public static final Pricing FREE = new Pricing(0, 0, 0, 0, 0, 0);
    }
}
