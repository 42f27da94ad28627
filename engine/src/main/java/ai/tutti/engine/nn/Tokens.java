package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One text after the tokenizer.
 *
 * @param ids its token ids, special tokens included, {@code [tokens]}; those of the prefix are not among them
 * @param second the place where a pair's second part begins, whose tokens are of type 1; {@code tokens} when it is no pair
 * @param prompt how many tokens at its beginning {@link Pooling} leaves out, where it leaves out the prompt's
 * @param prefix what the text begins with, computed already; null: nothing. For decoders
 */
public record Tokens(int[] ids, int second, int prompt, @Nullable KeyValues prefix) {
    public Tokens {
        requireNonNull(ids, "ids is null");
        if (second < 0 || second > ids.length) {
            throw new IllegalArgumentException("second is %d of %d tokens".formatted(second, ids.length));
        }
        if (prompt < 0 || prompt > ids.length) {
            throw new IllegalArgumentException("prompt is %d of %d tokens".formatted(prompt, ids.length));
        }
    }

    /** A text that begins with nothing that is computed already. */
    public Tokens(int[] ids, int second, int prompt) {
        this(ids, second, prompt, null);
    }

    /** A text that begins with these ids behind a prefix that is computed already. */
    public Tokens(KeyValues prefix, int[] ids) {
        this(ids, ids.length, 0, prefix);
    }

    /** A text that is no pair. */
    public Tokens(int[] ids) {
        this(ids, ids.length, 0);
    }

    /** A text whose tokens all count. */
    public Tokens(int[] ids, int second) {
        this(ids, second, 0);
    }

    /** Filled up with id 0 to a length; as it is when it is that long already. */
    public Tokens padded(int length) {
        return length <= ids.length ? this : new Tokens(Arrays.copyOf(ids, length), second, prompt, prefix);
    }

    /** How many tokens there are. */
    public int count() {
        return ids.length;
    }
}
