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
 * @param instruction what counts as relevant, for models whose prompt has a place for it; null: as they were trained
 * @param rawScores whether a model's scores are its logits, without the activation that its folder or prompt declares
 * @param normalize whether scores are to be between 0 and 1, for models that have logits; not together with {@code rawScores}
 * @param maxTotalTokens the most tokens that may be computed over all documents; more are refused
 */
public record RerankOptions(
        Truncation truncation,
        @Nullable Integer maxTokensPerDocument,
        @Nullable Integer maxChunksPerDocument,
        @Nullable Integer overlap,
        @Nullable String instruction,
        boolean rawScores,
        boolean normalize,
        long maxTotalTokens) {
    /** Cut at the end, at the model's own limit, however many there are. */
    public static final RerankOptions DEFAULT =
            new RerankOptions(Truncation.END, null, null, null, null, false, false, Long.MAX_VALUE);

    /**
     * Checks what can be checked without a model.
     *
     * @throws InvalidInputException naming the field as requests spell it: {@code max_tokens_per_doc},
     *     {@code max_chunks_per_doc}, {@code overlap}, {@code normalize}
     */
    public RerankOptions {
        requireNonNull(truncation, "truncation is null");
        requireAtLeast("max_tokens_per_doc", 1, maxTokensPerDocument);
        requireAtLeast("max_chunks_per_doc", 1, maxChunksPerDocument);
        requireAtLeast("overlap", 0, overlap);
        if (overlap != null && maxChunksPerDocument == null) {
            throw new InvalidInputException("overlap", "overlap needs max_chunks_per_doc, the number of windows a document");
        }
        if (rawScores && normalize) {
            throw new InvalidInputException("normalize", "normalize and raw_scores cannot both be true: a raw score is not normalised");
        }
    }

    private static void requireAtLeast(String field, int least, @Nullable Integer value) {
        if (value != null && value < least) {
            throw new InvalidInputException(field, "%s must be at least %d, not %d".formatted(field, least, value));
        }
    }

    /**
     * For models that are asked nothing.
     *
     * @throws InvalidInputException when there is an instruction
     */
    void requireNoInstruction(String model) {
        if (instruction != null) {
            throw new InvalidInputException(
                    "instruction", "instruction: %s has no prompt that could hold one; leave it out".formatted(model));
        }
    }

    public RerankOptions withTruncation(Truncation value) {
        return new RerankOptions(
                value, maxTokensPerDocument, maxChunksPerDocument, overlap, instruction, rawScores, normalize, maxTotalTokens);
    }

    public RerankOptions withMaxTokensPerDocument(@Nullable Integer value) {
        return new RerankOptions(
                truncation, value, maxChunksPerDocument, overlap, instruction, rawScores, normalize, maxTotalTokens);
    }

    /** With windows; both null for none. */
    public RerankOptions withChunks(@Nullable Integer most, @Nullable Integer repeated) {
        return new RerankOptions(
                truncation, maxTokensPerDocument, most, repeated, instruction, rawScores, normalize, maxTotalTokens);
    }

    public RerankOptions withInstruction(@Nullable String value) {
        return new RerankOptions(
                truncation, maxTokensPerDocument, maxChunksPerDocument, overlap, value, rawScores, normalize, maxTotalTokens);
    }

    public RerankOptions withRawScores(boolean value) {
        return new RerankOptions(
                truncation, maxTokensPerDocument, maxChunksPerDocument, overlap, instruction, value, normalize, maxTotalTokens);
    }

    public RerankOptions withNormalize(boolean value) {
        return new RerankOptions(
                truncation, maxTokensPerDocument, maxChunksPerDocument, overlap, instruction, rawScores, value, maxTotalTokens);
    }

    public RerankOptions withMaxTotalTokens(long value) {
        return new RerankOptions(
                truncation, maxTokensPerDocument, maxChunksPerDocument, overlap, instruction, rawScores, normalize, value);
    }
}
