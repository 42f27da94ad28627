package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/embeddings}. Together's schema has {@code model} and {@code input}; the rest is OpenAI's
 * ({@code encodingFormat}, {@code dimensions}) or Tutti's own.
 *
 * @param model the name of a served model
 * @param input what is to be embedded
 * @param encodingFormat how the vectors are written; null: as lists of numbers
 * @param dimensions only the first so many dimensions, normalised again; null: all
 * @param truncate what to do with a text over the model's limit; null: cut off the end
 * @param inputType {@code query}, {@code document}, {@code search_query} or {@code search_document}; null: not said
 * @param promptName the name of one of the model's prompts; null: none asked for
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EmbeddingsRequest(
        @Required String model,
        @Required EmbeddingInput input,
        @Nullable EncodingFormat encodingFormat,
        @Nullable Integer dimensions,
        @Nullable TruncateMode truncate,
        @Nullable String inputType,
        @Nullable String promptName) {
    public EmbeddingsRequest {
        requireNonNull(model, "model is null");
        requireNonNull(input, "input is null");
    }
}
