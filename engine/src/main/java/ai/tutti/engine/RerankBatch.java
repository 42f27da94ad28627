package ai.tutti.engine;

import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.schedule.Lane;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.PairTruncation;
import ai.tutti.engine.text.Truncation;
import java.util.ArrayList;
import java.util.List;

/** Collects what one rerank request has the model compute: for each document one text, or one for each of its windows. */
final class RerankBatch {
    private final String model;
    private final RerankOptions options;
    private final List<Tokens> texts = new ArrayList<>();
    private final List<Integer> textsOfDocument = new ArrayList<>();
    private long tokens;
    private long truncated;

    RerankBatch(String model, RerankOptions options) {
        this.model = model;
        this.options = options;
    }

    /** The place of the document that comes next, as requests spell it. */
    String nextField() {
        return "documents[" + textsOfDocument.size() + "]";
    }

    /** Adds a text that belongs to no document: a query on its own. */
    void add(Tokens text) {
        texts.add(text);
        tokens += text.count();
    }

    /**
     * Adds a document.
     *
     * @param windows what is computed for it, at least one
     * @throws InvalidInputException when there are more tokens than the request may have
     */
    void addDocument(List<Tokens> windows) {
        if (windows.stream().anyMatch(window -> window.count() == 0)) {
            throw new InvalidInputException(nextField(), nextField() + " has no tokens");
        }
        requireRoom(windows.stream().mapToLong(Tokens::count).sum());
        textsOfDocument.add(windows.size());
        windows.forEach(this::add);
    }

    /**
     * To be asked before the windows of a document are made.
     *
     * @throws InvalidInputException when so many tokens more are more than the request may have
     */
    void requireRoom(long more) {
        if (more > options.maxTotalTokens() - tokens) {
            throw new InvalidInputException(
                    "documents",
                    "query and documents have %d tokens or more; at most %d may be sent in one request"
                            .formatted(tokens + more, options.maxTotalTokens()));
        }
    }

    /** The tokens of the next document that the request lets count. */
    int[] limited(int[] document) {
        var most = options.maxTokensPerDocument();
        if (most == null || document.length <= most) {
            return document;
        }
        cut(document.length - (long) most, nextField(), document.length, most, " by max_tokens_per_doc");
        return PairTruncation.keep(document, most, options.truncation());
    }

    /**
     * Counts what is cut off.
     *
     * @param cut how many tokens; none when it is not positive
     * @param field whose they are
     * @param whole how many there were
     * @param most how many could stay
     * @param why what of, for people
     * @throws InvalidInputException when the request asks for an error instead
     */
    void cut(long cut, String field, long whole, long most, String why) {
        if (cut <= 0) {
            return;
        }
        if (options.truncation() == Truncation.ERROR) {
            throw new InvalidInputException(
                    field,
                    "%s has %,d tokens; %s takes at most %,d%s (truncate is 'error')"
                            .formatted(field, whole, model, most, why));
        }
        truncated += cut;
    }

    List<Tokens> texts() {
        return texts;
    }

    /** How many texts each document has. */
    List<Integer> textsOfDocument() {
        return textsOfDocument;
    }

    long tokens() {
        return tokens;
    }

    /** The terms of the request, in the lane of so many tokens where they name none. */
    Terms terms(Terms asked) {
        return asked.orLane(Lane.ofDocuments(tokens));
    }

    long truncated() {
        return truncated;
    }
}
