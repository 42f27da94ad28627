package ai.tutti.engine.text;

/**
 * Two texts as one sequence, with the special tokens around and between them.
 *
 * @param ids token ids
 * @param second from which place on the tokens are of type 1; the number of ids where none is
 */
public record TokenizedPair(int[] ids, int second) {}
