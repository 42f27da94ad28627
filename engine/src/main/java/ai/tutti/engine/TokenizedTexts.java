package ai.tutti.engine;

import ai.tutti.engine.nn.Tokens;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Texts after the tokenizer, ready to be computed by the model that made them.
 *
 * @param texts their tokens, special tokens included, cut to the limit, in the order of the texts
 * @param tokens how many tokens there are over all texts
 * @param truncatedTokens how many tokens were cut off over all texts
 * @param dimensions how many dimensions of each vector are wanted; null: all
 */
public record TokenizedTexts(List<Tokens> texts, long tokens, long truncatedTokens, @Nullable Integer dimensions) {
    public TokenizedTexts {
        texts = List.copyOf(texts);
    }

    /** The number of texts. */
    public int size() {
        return texts.size();
    }

    /** Every text's token ids, special tokens included. */
    public List<int[]> ids() {
        return texts.stream().map(Tokens::ids).toList();
    }
}
