package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

/**
 * One text after the tokenizer.
 *
 * @param ids its token ids, special tokens included, {@code [tokens]}
 * @param second the place where a pair's second part begins, whose tokens are of type 1; {@code tokens} when it is no pair
 */
public record Tokens(int[] ids, int second) {
    public Tokens {
        requireNonNull(ids, "ids is null");
        if (second < 0 || second > ids.length) {
            throw new IllegalArgumentException("second is %d of %d tokens".formatted(second, ids.length));
        }
    }

    /** A text that is no pair. */
    public Tokens(int[] ids) {
        this(ids, ids.length);
    }

    /** How many tokens there are. */
    public int count() {
        return ids.length;
    }
}
