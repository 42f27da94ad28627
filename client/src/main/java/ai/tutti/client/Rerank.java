package ai.tutti.client;

import ai.tutti.api.RerankDocument;
import ai.tutti.api.RerankReply;
import ai.tutti.api.RerankReply.Result;
import ai.tutti.api.RerankRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which documents answer a query best. */
public final class Rerank {
    private static final Comparator<Result> BEST_FIRST =
            Comparator.comparingDouble(Result::relevanceScore).reversed().thenComparingInt(Result::index);

    private final Transport transport;

    Rerank(Transport transport) {
        this.transport = transport;
    }

    /**
     * Ranks documents. A document's score does not depend on its neighbours, so a list that is too long for one request is
     * sent in parts, several at a time; the reply is as if it had been one, and if one part fails the others are broken off.
     *
     * @return the best first
     * @throws TuttiException when the service cannot be reached or answers with an error
     * @throws IllegalArgumentException when the request cannot be written as JSON
     */
    public RerankReply create(RerankCreateParams params) {
        return Await.result(createAsync(params));
    }

    /** The same without waiting; fails with the same exceptions. Cancelling ends what is under way. */
    public CompletableFuture<RerankReply> createAsync(RerankCreateParams params) {
        Batching batching = transport.settings().batching();
        List<Batching.Part> parts = batching.cut(
                params.documents().size(), document -> length(params.documents().get(document)));
        CompletableFuture<List<RerankReply>> answers =
                PartedCall.start(parts, batching.concurrency(), part -> send(params, part));
        return Futures.map(answers, replies -> join(replies, params.topN()));
    }

    private static int length(RerankDocument document) {
        if (document instanceof RerankDocument.Text text) {
            return text.text().length();
        }
        return document instanceof RerankDocument.Fields object ? object.fields().toString().length() : 0;
    }

    private CompletableFuture<RerankReply> send(RerankCreateParams params, Batching.Part part) {
        RerankRequest request = new RerankRequest(
                params.model(),
                params.query(),
                params.documents().subList(part.from(), part.to()),
                params.topN(),
                params.returnDocuments(),
                params.rankFields(),
                params.truncate(),
                params.maxTokensPerDoc(),
                params.maxChunksPerDoc(),
                params.overlap(),
                params.instruction(),
                params.rawScores(),
                params.normalize());
        return transport.post(
                "rerank",
                request,
                params.extras(),
                reply -> shifted(Wire.read(reply.body(), RerankReply.class), part));
    }

    /** With each document's place in the whole list. */
    private static RerankReply shifted(RerankReply reply, Batching.Part part) {
        int documents = part.to() - part.from();
        List<Result> results = new ArrayList<>(reply.results().size());
        for (Result result : reply.results()) {
            if (result.index() < 0 || result.index() >= documents) {
                throw new UnexpectedReplyException(
                        "%d documents were sent, and one of index %d came back".formatted(documents, result.index()));
            }
            results.add(new Result(part.from() + result.index(), result.relevanceScore(), result.document()));
        }
        return new RerankReply(reply.object(), reply.id(), reply.model(), results, reply.usage());
    }

    private static RerankReply join(List<RerankReply> parts, @Nullable Integer topN) {
        RerankReply first = parts.get(0);
        if (parts.size() == 1) {
            return first;
        }
        Stream<Result> all = parts.stream().flatMap(part -> part.results().stream()).sorted(BEST_FIRST);
        List<Result> best = (topN == null ? all : all.limit(topN)).toList();
        return new RerankReply(first.object(), first.id(), first.model(), best, sum(parts));
    }

    /** Null unless each part says what it took. */
    private static RerankReply.@Nullable Usage sum(List<RerankReply> parts) {
        long prompt = 0;
        long completion = 0;
        long total = 0;
        for (RerankReply part : parts) {
            RerankReply.Usage usage = part.usage();
            if (usage == null) {
                return null;
            }
            prompt += usage.promptTokens();
            completion += usage.completionTokens();
            total += usage.totalTokens();
        }
        return new RerankReply.Usage(prompt, completion, total);
    }
}
