package ai.tutti.engine;

import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.PairTruncation;
import ai.tutti.engine.text.Tokenizer;
import ai.tutti.engine.text.Truncation;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * One request's query in a model's prompt, ready to take its documents.
 *
 * <p><b>Lengths.</b> The prompt's own text is never cut. Query and document share the room that it leaves. First the query is cut
 * to its share of the room, then each document to what the query leaves. Where the query's share is the whole room, and it takes
 * it, nothing of a document is left, as in the reference.
 *
 * <p><b>What the documents share</b> ends with the prompt's words in front of the document ({@code document:}). It depends on the
 * query and the request's options alone, never on a document; a document whose first token melts with those words has a text that
 * does not begin with it.
 */
final class AskedPrompt {
    private final PromptTokens prompt;
    private final Tokenizer tokenizer;
    private final RerankOptions options;
    private final RerankBatch batch;
    /** What a document's text is put behind before it is tokenised. */
    private final String front;
    /** The token ids of that. */
    private final int[] lead;
    /** What stands in front of a document's piece. */
    private final int[] ahead;

    private final int[] shared;
    /** How many tokens of a document have room. */
    private final int room;

    private final DocumentWindows windows;

    /**
     * Puts a query into the prompt.
     *
     * @param tokenizer one to which all text is plain
     * @param most how many tokens query and document may have together
     * @throws InvalidInputException when the query is too long and the options ask for an error, or the windows' overlap leaves them
     *     nothing of their own
     */
    AskedPrompt(
            PromptTokens prompt, Tokenizer tokenizer, String query, RerankOptions options, RerankBatch batch, int most) {
        this.prompt = prompt;
        this.tokenizer = tokenizer;
        this.options = options;
        this.batch = batch;
        boolean joined = prompt.prompt().between() == null;
        var template = template(prompt.prompt(), options);
        var values = values(query, options);
        var text = PromptText.fill(template, values);
        var words = PromptText.lead(prompt.prompt().document(), PromptText.DOCUMENT);
        int[] wordIds = tokenizer.encodeBare(words);
        int[] between = joined ? new int[0] : concat(prompt.between(), wordIds);

        var whole = PromptPiece.of(
                tokenizer.encodeBare(joined ? text + words : text),
                tokenizer.encodeBare(PromptText.fill(PromptText.lead(template, PromptText.QUERY), values)),
                tokenizer.encodeBare(PromptText.tail(template, PromptText.QUERY) + (joined ? words : "")));
        var kept = kept(whole, between.length, most);
        boolean cut = kept.ids().length < whole.ids().length;
        batch.cut(whole.ids().length - kept.ids().length, "query", whole.own(), kept.own(), " in its prompt");

        int[] ids = concat(prompt.before(), kept.ids(), between);
        this.shared = Arrays.copyOf(ids, Math.min(ids.length, prompt.before().length + most));
        this.room = most - (shared.length - prompt.before().length);
        this.front = (joined && !cut ? text : "") + PromptText.front(prompt.prompt().document(), PromptText.DOCUMENT);
        this.lead = joined && !cut ? whole.ids() : wordIds;
        this.ahead = Arrays.copyOf(shared, Math.max(0, shared.length - lead.length));
        this.windows = room == 0 ? new DocumentWindows(1, 0, 1, options.truncation()) : DocumentWindows.of(options, room);
    }

    /** The query's piece within its share of the room. */
    private PromptPiece kept(PromptPiece whole, int between, int most) {
        int quarters = prompt.prompt().limits().queryQuarters();
        if (options.maxChunksPerDocument() != null) {
            return whole.keep((int) (most * 3L / 4), options.truncation());
        }
        if (quarters < 4) {
            return whole.keep((int) (most * (long) quarters / 4), options.truncation());
        }
        return options.truncation() == Truncation.START
                ? whole.keep(Math.max(0, most - between), Truncation.START)
                : new PromptPiece(Arrays.copyOf(whole.ids(), Math.min(most, whole.ids().length)), 0, 0);
    }

    private static String template(RerankPrompt prompt, RerankOptions options) {
        if (options.instruction() == null) {
            return prompt.query();
        }
        var template = prompt.instructedQuery();
        if (template == null) {
            throw new InvalidInputException("instruction", "the prompt of this model has no place for an instruction");
        }
        return template;
    }

    private static Map<String, String> values(String query, RerankOptions options) {
        var instruction = options.instruction();
        return instruction == null
                ? Map.of(PromptText.QUERY, query)
                : Map.of(PromptText.QUERY, query, PromptText.INSTRUCTION, instruction);
    }

    /** The token ids with which the texts of all documents begin, but for those that do not. */
    int[] shared() {
        return shared;
    }

    /** Adds a document to the batch: one text, or one for each of its windows. */
    void add(String document) {
        if (room == 0) { // however long the query was, it is not tokenised again with every document
            int[] tokens = batch.limited(tokenizer.encodeBare(document));
            batch.cut(tokens.length, batch.nextField(), tokens.length, 0, " beside the query");
            batch.addDocument(List.of(new Tokens(concat(shared, prompt.after()))));
            return;
        }
        int[] ids = tokenizer.encodeBare(front + document);
        if (!PromptPiece.startsWith(ids, lead)) {
            int most = room + shared.length - ahead.length;
            batch.cut(ids.length - (long) most, batch.nextField(), ids.length, most, " beside the query");
            batch.addDocument(List.of(
                    new Tokens(concat(ahead, PairTruncation.keep(ids, most, options.truncation()), prompt.after()))));
            return;
        }
        int[] tokens = batch.limited(Arrays.copyOfRange(ids, lead.length, ids.length));
        batch.cut(
                tokens.length - windows.capacity(), batch.nextField(), tokens.length, windows.capacity(), " beside the query");
        batch.requireRoom(windows.tokens(tokens.length, shared.length + prompt.after().length));
        batch.addDocument(windows.of(tokens).stream().map(this::text).toList());
    }

    private Tokens text(int[] window) {
        return new Tokens(concat(shared, window, prompt.after()));
    }

    private static int[] concat(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }
}
