package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.text.Truncation;
import org.jspecify.annotations.Nullable;

/**
 * How documents are to be scored.
 *
 * @param truncation what to do with a query or document over the model's limit
 * @param maxTokens the limit of tokens a document, special tokens included; null: the model's own
 * @param maxTotalTokens the most tokens that may be computed over all documents; more are refused
 */
public record RerankOptions(Truncation truncation, @Nullable Integer maxTokens, long maxTotalTokens) {
    /** Cut at the end, at the model's own limit, however many there are. */
    public static final RerankOptions DEFAULT = new RerankOptions(Truncation.END, null, Long.MAX_VALUE);

    public RerankOptions {
        requireNonNull(truncation, "truncation is null");
    }
}
