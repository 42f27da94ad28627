package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.api.EmbeddingInput;
import ai.tutti.api.EmbeddingsRequest;
import ai.tutti.api.EmbeddingsUsage;
import ai.tutti.api.EncodingFormat;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.EmbeddingStream;
import ai.tutti.engine.TokenizedTexts;
import ai.tutti.engine.schedule.Lane;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.schedule.Timings;
import java.util.List;
import java.util.function.Consumer;

/**
 * {@code POST /v1/embeddings}. All texts are tokenised before the first is computed, so that whatever is wrong with the
 * request is said with a 400, and the headers know how much was cut.
 */
record EmbeddingsEndpoint(Models models, ServerSettings settings) implements Endpoint {
    @Override
    public void answer(Call call) throws InterruptedException {
        TimeLimit.require(call.deadline());
        EmbeddingsRequest request = call.body(EmbeddingsRequest.class);
        ModelRegistry registry = models.require();
        registry.status(request.model()).requireVectors(); // or it might be loaded for nothing
        try (Lease lease = call.inTime(() -> registry.borrow(request.model()))) {
            answer(call, request, lease.model());
        }
    }

    private void answer(Call call, EmbeddingsRequest request, ServedModel served) throws InterruptedException {
        EmbeddingModel model = served.requireEmbedding();
        Terms terms = call.terms();
        Timeline timeline = call.timeline();
        long began = System.nanoTime();
        TokenizedTexts texts = call.inTime(() -> tokenize(model, request));
        requireWithinLimit(texts.tokens());
        timeline.add(Stage.TOKENISE, began, System.nanoTime());
        terms = terms.orLane(Lane.ofTexts(texts.tokens()));
        timeline.is(new Work(
                "embeddings",
                request.model(),
                served.name(),
                model.precision(),
                requireNonNull(terms.lane()),
                texts.size(),
                texts.tokens(),
                texts.truncatedTokens()));

        call.set("x-tutti-precision", model.precision().wireName());
        call.set("x-tutti-truncated-tokens", Long.toString(texts.truncatedTokens()));
        EncodingFormat format = request.encodingFormat() == null ? EncodingFormat.FLOAT : request.encodingFormat();
        ReplyBody body = call.replyBody();
        long submitted = System.nanoTime();
        try (EmbeddingStream vectors = model.embed(texts, terms);
                EmbeddingsWriter writer = new EmbeddingsWriter(body, request.model(), format)) {
            try {
                write(vectors, writer, body, timings -> timeline.queued(submitted, timings));
            } finally {
                timeline.computed(submitted, vectors.timings());
            }
            writer.finish(new EmbeddingsUsage(texts.tokens(), texts.tokens(), texts.truncatedTokens()));
        }
        body.end();
    }

    /** Writes all vectors as they come; says when the first has come where the time went until then, for the reply may begin. */
    private static void write(EmbeddingStream vectors, EmbeddingsWriter writer, ReplyBody body, Consumer<Timings> begun)
            throws InterruptedException {
        boolean first = true;
        for (float[] vector = vectors.next(); vector != null; vector = vectors.next()) {
            if (first) {
                begun.accept(vectors.timings());
                first = false;
            }
            writer.write(vector);
            body.pump();
        }
    }

    private TokenizedTexts tokenize(EmbeddingModel model, EmbeddingsRequest request) throws InterruptedException {
        EmbeddingOptions options = new EmbeddingOptions(
                Limits.truncation(request.truncate()),
                request.promptName(),
                request.inputType(),
                request.dimensions(),
                null);
        return switch (request.input()) {
            case EmbeddingInput.Text text ->
                model.tokenize(List.of(text.text()), options, index -> "input", this::requireWithinLimit);
            case EmbeddingInput.Texts texts ->
                model.tokenize(nonEmpty(texts.texts()), options, index -> "input[" + index + "]", this::requireWithinLimit);
            case EmbeddingInput.Tokens tokens -> model.acceptTokens(accepted(List.of(tokens.ids())), options);
            case EmbeddingInput.TokenLists lists -> model.acceptTokens(accepted(lists.ids()), options);
        };
    }

    private void requireWithinLimit(long tokens) {
        Limits.requireTokens(tokens, settings.maxRequestTokens());
    }

    private static List<String> nonEmpty(List<String> texts) {
        if (texts.isEmpty()) {
            throw Errors.invalid("input", "`input` is an empty list; send at least one text");
        }
        return texts;
    }

    private List<int[]> accepted(List<int[]> ids) {
        if (!settings.tokenInput()) {
            throw Errors.invalid(
                    "input",
                    "`input` holds token ids, and they mean something only in the vocabulary that made them; send texts"
                            + " (LangChain's OpenAIEmbeddings: check_embedding_ctx_length=False), or start the server with"
                            + " --token-input if your ids are the model's own");
        }
        return ids;
    }
}
