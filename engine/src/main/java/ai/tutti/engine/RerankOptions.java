package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.text.Truncation;
import org.jspecify.annotations.Nullable;

/**
 * How documents are to be scored.
 *
 * @param truncation what to do with a query or document over the model's limit
 * @param maxTokens the limit of tokens a document, special tokens included; null: the model's own
 */
public record RerankOptions(Truncation truncation, @Nullable Integer maxTokens) {
    /** Cut at the end, at the model's own limit. */
    public static final RerankOptions DEFAULT = new RerankOptions(Truncation.END, null);

    public RerankOptions {
        requireNonNull(truncation, "truncation is null");
    }
}
