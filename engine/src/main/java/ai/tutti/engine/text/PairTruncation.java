package ai.tutti.engine.text;

import java.util.Arrays;

/**
 * How many tokens of each text of a pair are kept, when both together are too long: as Hugging Face's tokenizers cut
 * {@code longest_first}, that is the longer one until both are equally long, and then both.
 *
 * @param first tokens kept of the first text
 * @param second tokens kept of the second text
 */
public record PairTruncation(int first, int second) {
    /**
     * Cuts two texts of {@code first} and {@code second} tokens to {@code room} together.
     *
     * <p>With the shorter text n and the longer m: where n alone is over the room m is made equal, else m is cut to what n
     * leaves, but not below n; where that is still too much, each gets half, and the longer one the odd token.
     */
    public static PairTruncation longestFirst(int first, int second, int room) {
        if ((long) first + second <= room) {
            return new PairTruncation(first, second);
        }
        int shorter = Math.min(first, second);
        int longer = shorter > room ? shorter : Math.max(shorter, room - shorter);
        if ((long) shorter + longer > room) {
            shorter = room / 2;
            longer = shorter + room % 2;
        }
        return first > second ? new PairTruncation(longer, shorter) : new PairTruncation(shorter, longer);
    }

    /** Keeps {@code count} tokens, those at the beginning or, for {@link Truncation#START}, those at the end. */
    public static int[] keep(int[] ids, int count, Truncation truncation) {
        if (count >= ids.length) {
            return ids;
        }
        return truncation == Truncation.START
                ? Arrays.copyOfRange(ids, ids.length - count, ids.length)
                : Arrays.copyOf(ids, count);
    }
}
