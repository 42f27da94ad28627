package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.api.CohereRerankReply;
import ai.tutti.api.Json;
import ai.tutti.api.RerankDocument;
import ai.tutti.api.RerankReply;
import ai.tutti.api.RerankRequest;
import ai.tutti.engine.RerankModel;
import ai.tutti.engine.RerankOptions;
import ai.tutti.engine.RerankScores;
import ai.tutti.engine.RerankStream;
import ai.tutti.engine.schedule.Lane;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.schedule.Timings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/rerank} in Together's words, {@code POST /v2/rerank} in Cohere's. The best document is known only when all
 * are scored; a client that would have to wait long for that gets white space meanwhile.
 */
record RerankEndpoint(Models models, ServerSettings settings, Dialect dialect) implements Endpoint {
    /** Whose reply it is. */
    enum Dialect {
        TOGETHER,
        COHERE
    }

    private static final int DOCUMENTS_A_SEARCH_UNIT = 100;

    @Override
    public void answer(Call call) throws InterruptedException {
        TimeLimit.require(call.deadline());
        RerankRequest request = call.body(RerankRequest.class);
        List<String> texts = texts(request);
        try (Lease lease = call.inTime(() -> models.require().borrow(request.model()))) {
            answer(call, request, texts, lease.model());
        }
    }

    private void answer(Call call, RerankRequest request, List<String> texts, ServedModel served)
            throws InterruptedException {
        RerankModel model = served.reranker();
        Timeline timeline = call.timeline();
        ReplyBody body = call.replyBody();
        RerankScores scores;
        Terms terms = call.terms();
        long began = System.nanoTime();
        try (RerankStream stream =
                call.inTime(() -> model.start(request.query(), texts, options(request), terms))) {
            long submitted = System.nanoTime();
            timeline.add(Stage.TOKENISE, began, submitted);
            timeline.is(new Work(
                    "rerank",
                    request.model(),
                    served.name(),
                    model.precision(),
                    requireNonNull(terms.orLane(Lane.ofDocuments(stream.tokens())).lane()),
                    texts.size(),
                    stream.tokens(),
                    stream.truncatedTokens()));
            call.set("x-tutti-precision", model.precision().wireName());
            call.set("x-tutti-truncated-tokens", Long.toString(stream.truncatedTokens()));
            try {
                scores = scores(stream, texts.size(), body, timings -> timeline.queued(submitted, timings));
            } finally {
                timeline.computed(submitted, stream.timings());
            }
        }
        List<Integer> best = Ranking.best(scores.scores(), request.topN());
        body.writeBytes(Json.write(
                switch (dialect) {
                    case TOGETHER -> together(call.id(), request, best, scores);
                    case COHERE -> cohere(call.id(), request, best, scores);
                }));
        body.end();
    }

    /** Waits for all scores; says when the first has come where the time went until then, for the reply may begin. */
    private static RerankScores scores(RerankStream stream, int documents, ReplyBody body, Consumer<Timings> begun)
            throws InterruptedException {
        float[] scores = new float[documents];
        for (int i = 0; i < documents; i++) {
            scores[i] = stream.next();
            if (i == 0) {
                begun.accept(stream.timings());
            }
            body.keepWaiting();
        }
        return new RerankScores(scores, stream.tokens(), stream.truncatedTokens());
    }

    private RerankOptions options(RerankRequest request) {
        return new RerankOptions(
                Limits.truncation(request.truncate()),
                request.maxTokensPerDoc(),
                request.maxChunksPerDoc(),
                request.overlap(),
                request.instruction(),
                Boolean.TRUE.equals(request.rawScores()),
                Boolean.TRUE.equals(request.normalize()),
                settings.maxRequestTokens());
    }

    private static List<String> texts(RerankRequest request) {
        if (request.query().isBlank()) {
            throw Errors.invalid("query", "`query` is empty; send a text");
        }
        if (request.documents().isEmpty()) {
            throw Errors.invalid("documents", "`documents` is an empty list; send at least one document");
        }
        Integer topN = request.topN();
        if (topN != null && topN < 1) {
            throw Errors.invalid("top_n", "`top_n` must be at least 1, not " + topN);
        }
        List<String> texts = new ArrayList<>(request.documents().size());
        for (RerankDocument document : request.documents()) {
            texts.add(DocumentTexts.toRank(document, request.rankFields(), texts.size()));
        }
        return texts;
    }

    private static RerankReply together(String id, RerankRequest request, List<Integer> best, RerankScores scores) {
        List<RerankReply.Result> results = best.stream()
                .map(index -> new RerankReply.Result(index, scores.scores()[index], shown(request, index)))
                .toList();
        RerankReply.Usage usage = new RerankReply.Usage(scores.tokens(), 0, scores.tokens());
        return new RerankReply("rerank", id, request.model(), results, usage);
    }

    private static CohereRerankReply cohere(String id, RerankRequest request, List<Integer> best, RerankScores scores) {
        List<CohereRerankReply.Result> results = best.stream()
                .map(index -> new CohereRerankReply.Result(index, scores.scores()[index], shownIfAsked(request, index)))
                .toList();
        int searchUnits = Math.ceilDiv(request.documents().size(), DOCUMENTS_A_SEARCH_UNIT);
        CohereRerankReply.Meta meta = new CohereRerankReply.Meta(
                new CohereRerankReply.ApiVersion("2"),
                new CohereRerankReply.BilledUnits(searchUnits),
                new CohereRerankReply.Tokens(scores.tokens(), 0));
        return new CohereRerankReply(results, id, meta);
    }

    private static RerankReply.Document shown(RerankRequest request, int index) {
        RerankReply.Document document = shownIfAsked(request, index);
        return document == null ? new RerankReply.Document(null) : document;
    }

    private static RerankReply.@Nullable Document shownIfAsked(RerankRequest request, int index) {
        return Boolean.TRUE.equals(request.returnDocuments())
                ? new RerankReply.Document(DocumentTexts.toShow(request.documents().get(index)))
                : null;
    }
}
