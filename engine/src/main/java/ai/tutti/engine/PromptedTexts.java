package ai.tutti.engine;

import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.text.Tokenizer;
import java.util.Arrays;
import java.util.List;

/** Makes windows of texts that stand alone, each with the special tokens around it and the prompt in front. */
final class PromptedTexts {
    private final Tokenizer tokenizer;
    private final String prompt;
    private final DocumentWindows windows;
    /** How many tokens in front every window repeats: the special ones, and the prompt's where they leave room. */
    private final int head;

    private final boolean leaveOutPrompt;

    /**
     * For one prompt and one request's windows.
     *
     * @throws ai.tutti.engine.text.InvalidInputException when the windows' overlap leaves them nothing of their own
     */
    PromptedTexts(LoadedModel<SentencePass> model, String prompt, RerankOptions options) {
        this.tokenizer = model.tokenizer();
        this.prompt = prompt;
        int most = model.limit().most();
        int prompted = tokenizer.encode(prompt).length - tokenizer.suffixTokens();
        boolean room = prompted + tokenizer.suffixTokens() < most;
        this.head = room ? prompted : tokenizer.prefixTokens();
        this.windows = DocumentWindows.of(options, most - head - tokenizer.suffixTokens());
        this.leaveOutPrompt = !prompt.isEmpty() && !model.pass().pooling().includePrompt();
    }

    /** A document's windows. */
    List<Tokens> document(RerankBatch batch, String text) {
        int[] whole = tokenizer.encode(prompt + text);
        return windows(batch, batch.nextField(), whole, batch.limited(body(whole)));
    }

    /** A query, which counts in one window alone. */
    Tokens query(RerankBatch batch, String text) {
        int[] whole = tokenizer.encode(prompt + text);
        return windows(batch, "query", whole, body(whole)).getFirst();
    }

    private List<Tokens> windows(RerankBatch batch, String field, int[] whole, int[] body) {
        long cut = body.length - windows.capacity();
        batch.cut(cut, field, body.length, windows.capacity(), "");
        batch.requireRoom(windows.tokens(body.length, head(whole) + tokenizer.suffixTokens()));
        return windows.of(body).stream().map(window -> text(whole, window)).toList();
    }

    private int[] body(int[] whole) {
        return Arrays.copyOfRange(whole, head(whole), whole.length - tokenizer.suffixTokens());
    }

    /** A prompt's tokens may melt with the text's, so that there are fewer of both together. */
    private int head(int[] whole) {
        return Math.min(head, whole.length - tokenizer.suffixTokens());
    }

    private Tokens text(int[] whole, int[] window) {
        int front = head(whole);
        int behind = tokenizer.suffixTokens();
        int[] ids = Arrays.copyOf(whole, front + window.length + behind);
        System.arraycopy(window, 0, ids, front, window.length);
        System.arraycopy(whole, whole.length - behind, ids, front + window.length, behind);
        return new Tokens(ids, ids.length, leaveOutPrompt ? front : 0);
    }
}
