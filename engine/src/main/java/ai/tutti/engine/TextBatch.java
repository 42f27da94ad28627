package ai.tutti.engine;

import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Tokenizer;
import ai.tutti.engine.text.Truncation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Collects one request's texts, cut to its limit. */
final class TextBatch {
    private final Tokenizer tokenizer;
    private final EmbeddingOptions options;
    private final IntFunction<String> field;
    private final String model;
    private final int limit;
    private final List<Tokens> texts = new ArrayList<>();
    private long tokens;
    private long truncated;

    /**
     * Checks the limit.
     *
     * @param field how the request spells a text, by its place
     * @throws InvalidInputException when the request's limit is not within the model's
     */
    TextBatch(Tokenizer tokenizer, TokenLimit limit, EmbeddingOptions options, IntFunction<String> field) {
        this.tokenizer = tokenizer;
        this.options = options;
        this.field = field;
        this.model = limit.model();
        this.limit = limit.within("max_tokens", options.maxTokens());
    }

    /** The most tokens of a text, special tokens included. */
    int limit() {
        return limit;
    }

    /** How many tokens there are so far. */
    long tokens() {
        return tokens;
    }

    /**
     * Adds a text.
     *
     * @param whole its token ids, special tokens included
     * @param prompt how many of them, from the beginning on, pooling leaves out
     */
    void add(int[] whole, int prompt) {
        if (whole.length == 0) {
            var text = field.apply(texts.size());
            throw new InvalidInputException(text, text + " has no tokens");
        }
        if (whole.length > limit && options.truncation() == Truncation.ERROR) {
            var text = field.apply(texts.size());
            throw new InvalidInputException(
                    text,
                    "%s has %,d tokens; %s takes at most %,d (truncate is 'error')"
                            .formatted(text, whole.length, model, limit));
        }
        int[] ids = tokenizer.truncate(whole, limit, options.truncation());
        int cut = whole.length - ids.length;
        int kept = options.truncation() == Truncation.START ? Math.max(prompt - cut, 0) : prompt;
        texts.add(new Tokens(ids, ids.length, Math.min(kept, ids.length)));
        tokens += ids.length;
        truncated += cut;
    }

    TokenizedTexts finish() {
        return new TokenizedTexts(texts, tokens, truncated, options.dimensions());
    }
}
