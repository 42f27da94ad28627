package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Truncation;
import org.jspecify.annotations.Nullable;

/**
 * How documents are to be scored.
 *
 * @param truncation what to do with a query or document over the model's limit
 * @param maxTokensPerDocument only so many tokens of a document count, special tokens aside; null: all
 * @param maxChunksPerDocument a document that is too long for the model is scored in at most so many windows, and has the best
 *     one's score; null: it is cut instead
 * @param overlap how many tokens of a window are repeated in the next; null: none. Only with {@code maxChunksPerDocument}
 * @param rawScores whether a cross-encoder's scores are its logits, without the activation that its folder declares
 * @param maxTotalTokens the most tokens that may be computed over all documents; more are refused
 */
public record RerankOptions(
        Truncation truncation,
        @Nullable Integer maxTokensPerDocument,
        @Nullable Integer maxChunksPerDocument,
        @Nullable Integer overlap,
        boolean rawScores,
        long maxTotalTokens) {
    /** Cut at the end, at the model's own limit, however many there are. */
    public static final RerankOptions DEFAULT = new RerankOptions(Truncation.END, null, null, null, false, Long.MAX_VALUE);

    /**
     * Checks what can be checked without a model.
     *
     * @throws InvalidInputException naming the field as requests spell it: {@code max_tokens_per_doc},
     *     {@code max_chunks_per_doc}, {@code overlap}
     */
    public RerankOptions {
        requireNonNull(truncation, "truncation is null");
        requireAtLeast("max_tokens_per_doc", 1, maxTokensPerDocument);
        requireAtLeast("max_chunks_per_doc", 1, maxChunksPerDocument);
        requireAtLeast("overlap", 0, overlap);
        if (overlap != null && maxChunksPerDocument == null) {
            throw new InvalidInputException("overlap", "overlap needs max_chunks_per_doc, the number of windows a document");
        }
    }

    private static void requireAtLeast(String field, int least, @Nullable Integer value) {
        if (value != null && value < least) {
            throw new InvalidInputException(field, "%s must be at least %d, not %d".formatted(field, least, value));
        }
    }

    public RerankOptions withTruncation(Truncation value) {
        return new RerankOptions(value, maxTokensPerDocument, maxChunksPerDocument, overlap, rawScores, maxTotalTokens);
    }

    public RerankOptions withMaxTokensPerDocument(@Nullable Integer value) {
        return new RerankOptions(truncation, value, maxChunksPerDocument, overlap, rawScores, maxTotalTokens);
    }

    /** With windows; both null for none. */
    public RerankOptions withChunks(@Nullable Integer most, @Nullable Integer repeated) {
        return new RerankOptions(truncation, maxTokensPerDocument, most, repeated, rawScores, maxTotalTokens);
    }

    public RerankOptions withRawScores(boolean value) {
        return new RerankOptions(truncation, maxTokensPerDocument, maxChunksPerDocument, overlap, value, maxTotalTokens);
    }

    public RerankOptions withMaxTotalTokens(long value) {
        return new RerankOptions(truncation, maxTokensPerDocument, maxChunksPerDocument, overlap, rawScores, value);
    }
}
