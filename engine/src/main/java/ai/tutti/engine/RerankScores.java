package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

/**
 * Relevance scores, higher is better.
 *
 * @param scores one score a document, in the order of the documents; not sorted
 * @param tokens how many tokens were computed
 * @param truncatedTokens how many tokens were cut off
 */
public record RerankScores(float[] scores, long tokens, long truncatedTokens) {
    public RerankScores {
        requireNonNull(scores, "scores is null");
    }
}
