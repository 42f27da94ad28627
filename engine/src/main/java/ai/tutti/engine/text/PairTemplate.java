package ai.tutti.engine.text;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How a tokenizer makes one sequence of two texts: {@code before first between second behind}.
 *
 * @param before special tokens in front of the first text
 * @param between special tokens between the two
 * @param behind special tokens behind the second text
 * @param typeOffset where the tokens of type 1 begin, counted from the second text's first token; null where all are of type
 *     0, as the template says
 */
public record PairTemplate(int[] before, int[] between, int[] behind, @Nullable Integer typeOffset) {
    public PairTemplate {
        requireNonNull(before, "before is null");
        requireNonNull(between, "between is null");
        requireNonNull(behind, "behind is null");
    }

    /**
     * Finds a template in a pair that was made by it.
     *
     * @param ids the pair's token ids
     * @param types the pair's types
     * @param text the token ids of the one text that was both the first and the second
     * @throws IllegalArgumentException when the text is not there twice
     */
    static PairTemplate of(int[] ids, int[] types, int[] text) {
        int first = indexOf(ids, text, 0);
        int second = indexOf(ids, text, first + text.length);
        int type = 0;
        while (type < types.length && types[type] == 0) {
            type++;
        }
        return new PairTemplate(
                Arrays.copyOf(ids, first),
                Arrays.copyOfRange(ids, first + text.length, second),
                Arrays.copyOfRange(ids, second + text.length, ids.length),
                type == types.length ? null : type - second);
    }

    /** How many special tokens a pair has. */
    public int specialTokens() {
        return before.length + between.length + behind.length;
    }

    /** The pair of two texts' token ids. */
    public TokenizedPair join(int[] first, int[] second) {
        int[] ids = new int[specialTokens() + first.length + second.length];
        int end = put(before, ids, 0);
        end = put(first, ids, end);
        end = put(between, ids, end);
        int type = typeOffset == null ? ids.length : end + typeOffset;
        end = put(second, ids, end);
        put(behind, ids, end);
        return new TokenizedPair(ids, type);
    }

    private static int put(int[] source, int[] target, int at) {
        System.arraycopy(source, 0, target, at, source.length);
        return at + source.length;
    }

    static int indexOf(int[] whole, int[] part, int from) {
        for (int at = from; at + part.length <= whole.length; at++) {
            if (Arrays.equals(whole, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
        throw new IllegalArgumentException("its template does not keep a text's tokens together");
    }
}
