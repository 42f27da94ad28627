package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.text.Truncation;
import org.jspecify.annotations.Nullable;

/**
 * How texts are to be embedded.
 *
 * @param truncation what to do with texts over the model's limit
 * @param promptName the name of one of the model's prompts ({@link EmbeddingModel#prompts()}), put in front of every text;
 *     null: {@code inputType}, else the folder's own default prompt, if it declares one
 * @param inputType what the texts are: {@code query}, {@code document} or Cohere's {@code search_query},
 *     {@code search_document}; null: not said. A model without a prompt for it takes the text bare
 * @param dimensions keep only the first so many dimensions (Matryoshka), scaled to length 1 again if the model's own vectors
 *     are; null: all. Only models that were trained for it take less than all
 * @param maxTokens the limit of tokens a text, special tokens included; null: the model's own. May not be more than the
 *     model's own
 */
public record EmbeddingOptions(
        Truncation truncation,
        @Nullable String promptName,
        @Nullable String inputType,
        @Nullable Integer dimensions,
        @Nullable Integer maxTokens) {
    /** Cut at the end, no prompt asked for, all dimensions, the model's own limit. */
    public static final EmbeddingOptions DEFAULT = new EmbeddingOptions(Truncation.END, null, null, null, null);

    public EmbeddingOptions {
        requireNonNull(truncation, "truncation is null");
    }

    public EmbeddingOptions withTruncation(Truncation value) {
        return new EmbeddingOptions(value, promptName, inputType, dimensions, maxTokens);
    }

    public EmbeddingOptions withPromptName(@Nullable String value) {
        return new EmbeddingOptions(truncation, value, inputType, dimensions, maxTokens);
    }

    public EmbeddingOptions withInputType(@Nullable String value) {
        return new EmbeddingOptions(truncation, promptName, value, dimensions, maxTokens);
    }

    public EmbeddingOptions withDimensions(@Nullable Integer value) {
        return new EmbeddingOptions(truncation, promptName, inputType, value, maxTokens);
    }
}
