package ai.tutti.engine.text;

/**
 * Two texts as one sequence, with the special tokens around and between them.
 *
 * @param ids token ids
 * @param typeIds which segment each token belongs to, as the tokenizer's pair template says
 */
public record TokenizedPair(int[] ids, int[] typeIds) {}
