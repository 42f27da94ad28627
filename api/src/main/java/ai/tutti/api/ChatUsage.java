package ai.tutti.api;

/**
 * What an answer took.
 *
 * @param promptTokens tokens read
 * @param completionTokens tokens written
 * @param totalTokens the sum
 */
public record ChatUsage(long promptTokens, long completionTokens, long totalTokens) {}
