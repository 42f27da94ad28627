package ai.tutti.engine;

import ai.tutti.engine.RerankPrompt.Answer;
import ai.tutti.engine.text.Tokenizer;
import java.util.Arrays;

/**
 * A prompt's own pieces in a model's token ids.
 *
 * @param prompt what they are pieces of
 * @param before in front of the query's piece
 * @param between between query and document; empty where both are one piece
 * @param after behind the document
 * @param answer the ids of the model's answer
 */
record PromptTokens(RerankPrompt prompt, int[] before, int[] between, int[] after, Answer.Ids answer) {
    private static final int LEAST_ROOM = 16;

    /**
     * Tokenises a prompt.
     *
     * @param tokenizer the model's own, which knows its special tokens
     * @throws IllegalArgumentException when an answer is not a single token
     */
    static PromptTokens of(RerankPrompt prompt, Tokenizer tokenizer) {
        var between = prompt.between();
        return new PromptTokens(
                prompt,
                tokenizer.encodeBare(prompt.before()),
                between == null ? new int[0] : tokenizer.encodeBare(between),
                prompt.after().stream()
                        .map(tokenizer::encodeBare)
                        .flatMapToInt(Arrays::stream)
                        .toArray(),
                switch (prompt.answer()) {
                    case Answer.Words(var yes, var no) -> new Answer.Ids(single(tokenizer, yes), single(tokenizer, no));
                    case Answer.Ids ids -> ids;
                });
    }

    private static int single(Tokenizer tokenizer, String word) {
        int[] ids = tokenizer.encodeBare(word);
        if (ids.length != 1) {
            throw new IllegalArgumentException(
                    "its answer \"%s\" is %d tokens and must be one".formatted(word, ids.length));
        }
        return ids[0];
    }

    /** How many tokens stand around query and document. */
    private int fixed() {
        return before.length + after.length;
    }

    /** The least that a model must take: the prompt, and room for some words. */
    int leastTokens() {
        return fixed() + between.length + LEAST_ROOM;
    }

    /**
     * How many tokens query and document may have together, what stands between them included.
     *
     * @param most the most of the whole prompt
     */
    int room(int most) {
        return most - fixed();
    }

    /** The most tokens of the whole prompt, where the model itself takes so many. */
    int within(int limit) {
        var limits = prompt.limits();
        return (int) Math.min(Math.min(limit, limits.tokens()), limits.room() + (long) fixed());
    }
}
