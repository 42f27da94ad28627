package ai.tutti.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Texts after the tokenizer, ready to be computed by the model that made them.
 *
 * @param ids a text's token ids, special tokens included, cut to the limit, in the order of the texts
 * @param tokens how many ids there are over all texts
 * @param truncatedTokens how many tokens were cut off over all texts
 * @param dimensions how many dimensions of each vector are wanted; null: all
 */
public record TokenizedTexts(List<int[]> ids, long tokens, long truncatedTokens, @Nullable Integer dimensions) {
    public TokenizedTexts {
        ids = List.copyOf(ids);
    }

    /** The number of texts. */
    public int size() {
        return ids.size();
    }
}
