package ai.tutti.api;

/**
 * What an embeddings request took.
 *
 * @param promptTokens tokens computed, special tokens included, after truncation
 * @param totalTokens the same
 * @param truncatedTokens tokens that were cut off over all texts
 */
public record EmbeddingsUsage(long promptTokens, long totalTokens, long truncatedTokens) {}
