package ai.tutti.engine;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.nn.Elementwise;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.PairTemplate;
import ai.tutti.engine.text.PairTruncation;
import ai.tutti.engine.text.Tokenizer;
import ai.tutti.engine.text.Truncation;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

/**
 * A loaded cross-encoder: query and document go through the model together, as one sequence, and the head gives one score.
 *
 * <p><b>Scores</b> are the logit under the activation that the folder declares, or the bare logit when a request asks for it.
 *
 * <p><b>Too long.</b> A pair over the model's limit is cut {@code longest_first}, as sentence-transformers does it for every
 * model (FlagEmbedding cuts the document alone, once the query is down to three quarters of the limit). With
 * {@link RerankOptions#maxChunksPerDocument()} the document is cut into windows instead, each of which is scored with the
 * whole query; of a query longer than three quarters of the room, the rest is cut off. The best window's score counts.
 *
 * <p><b>Prompts.</b> A folder's own default prompt stands in front of every query.
 */
public final class CrossEncoder implements RerankModel {
    private final LoadedModel<PairPass> model;
    private final PairTemplate template;
    private final Elementwise activation;
    private final String prompt;

    private CrossEncoder(LoadedModel<PairPass> model, PairTemplate template, Elementwise activation, String prompt) {
        this.model = model;
        this.template = template;
        this.activation = activation;
        this.prompt = prompt;
    }

    /**
     * Loads a folder: reads the weights, packs them for this CPU and lets the files go.
     *
     * @throws ModelLoadException when the folder cannot be served, or scores nothing, or gives several scores a pair; one line
     *     that names the file
     */
    public static CrossEncoder load(Engine engine, ModelFolder folder, ModelOptions options) {
        var activation =
                switch (folder.scoreActivation()) {
                    case IDENTITY -> Elementwise.IDENTITY;
                    case SIGMOID -> Elementwise.SIGMOID;
                };
        var prompts = new Prompts(folder.prompts(), folder.defaultPromptName(), options.prompts());
        var model = LoadedModel.load(
                engine, folder, options, tokenizer -> template(folder, tokenizer).specialTokens() + 2, PairPass::read);
        return new CrossEncoder(model, template(folder, model.tokenizer()), activation, prompts.byDefault());
    }

    private static PairTemplate template(ModelFolder folder, Tokenizer tokenizer) {
        try {
            return tokenizer.pairTemplate();
        } catch (IllegalArgumentException e) {
            throw new ModelLoadException(
                    folder.path().resolve("tokenizer.json") + " cannot join a query and a document: " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return model.name();
    }

    @Override
    public int maxTokens() {
        return model.limit().most();
    }

    @Override
    public Precision precision() {
        return model.precision();
    }

    @Override
    public long weightBytes() {
        return model.pass().weightBytes();
    }

    @Override
    public String scoreDescription() {
        return activation == Elementwise.IDENTITY
                ? "logit of the cross-encoder for the query and the document"
                : "%s of the cross-encoder's logit for the query and the document".formatted(activation.torchClass().toLowerCase(Locale.ROOT));
    }

    @Override
    public RerankStream start(String query, List<String> documents, RerankOptions options, Terms terms)
            throws InterruptedException {
        options.requireNoInstruction(name());
        var pairs = new Pairs(model.tokenizer().encodeBare(prompt + query), options);
        for (var document : documents) {
            if (Thread.interrupted()) {
                throw new InterruptedException("tokenising was given up");
            }
            pairs.add(model.tokenizer().encodeBare(document));
        }
        var results = model.start(pairs.batch.texts(), pairs.batch.terms(terms), pairs.shared());
        return new DocumentScores(pairs.batch, results) {
            @Override
            float score(float[] result) {
                return options.rawScores()
                        ? result[0]
                        : (options.normalize() ? Elementwise.SIGMOID : activation).of(result[0]);
            }
        };
    }

    @Override
    public void probe(Duration timeout) throws InterruptedException, TimeoutException {
        int[] word = PairTruncation.keep(model.tokenizer().encodeBare("ready"), 1, Truncation.END);
        var pair = template.join(word, word);
        model.probe(new Tokens(pair.ids(), pair.second()), timeout);
    }

    @Override
    public void close() {
        model.close();
    }

    /** One request's query with each of its documents. */
    private final class Pairs {
        private final RerankBatch batch;
        private final RerankOptions options;
        private final int[] query;
        private final int room = maxTokens() - template.specialTokens();
        private final int[] shortQuery;
        private final DocumentWindows windows;

        Pairs(int[] query, RerankOptions options) {
            this.batch = new RerankBatch(name(), options);
            this.options = options;
            this.query = query;
            this.shortQuery = PairTruncation.keep(query, room * 3 / 4, options.truncation());
            this.windows = DocumentWindows.of(options, room - shortQuery.length);
        }

        void add(int[] whole) {
            var document = batch.limited(whole);
            if (query.length + (long) document.length <= room) {
                batch.addDocument(List.of(pair(query, document)));
            } else if (options.maxChunksPerDocument() == null) {
                batch.addDocument(List.of(longestFirst(document)));
            } else {
                cut(query.length - shortQuery.length, document.length - windows.capacity(), document, shortQuery.length);
                batch.requireRoom(windows.tokens(document.length, shortQuery.length + template.specialTokens()));
                batch.addDocument(windows.of(document).stream()
                        .map(window -> pair(shortQuery, window))
                        .toList());
            }
        }

        /** What all pairs begin with whose query is whole; for decoders, which compute it once. */
        int[] shared() {
            int[] shared = Arrays.copyOf(template.before(), template.before().length + query.length);
            System.arraycopy(query, 0, shared, template.before().length, query.length);
            return shared;
        }

        private Tokens longestFirst(int[] document) {
            var kept = PairTruncation.longestFirst(query.length, document.length, room);
            cut(query.length - kept.first(), document.length - kept.second(), document, kept.first());
            return pair(
                    PairTruncation.keep(query, kept.first(), options.truncation()),
                    PairTruncation.keep(document, kept.second(), options.truncation()));
        }

        /** Counts what is cut off the query and a document. */
        private void cut(long ofQuery, long ofDocument, int[] document, int keptOfQuery) {
            batch.cut(ofQuery, "query", query.length, keptOfQuery, " beside " + batch.nextField());
            batch.cut(ofDocument, batch.nextField(), document.length, document.length - ofDocument, " beside the query");
        }

        private Tokens pair(int[] first, int[] second) {
            var pair = template.join(first, second);
            return new Tokens(pair.ids(), pair.second());
        }
    }
}
