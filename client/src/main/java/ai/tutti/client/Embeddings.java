package ai.tutti.client;

import ai.tutti.api.EmbeddingInput;
import ai.tutti.api.EmbeddingsReply;
import ai.tutti.api.EmbeddingsReply.Embedding;
import ai.tutti.api.EmbeddingsRequest;
import ai.tutti.api.EmbeddingsUsage;
import ai.tutti.api.EncodingFormat;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Texts to vectors. */
public final class Embeddings {
    private final Transport transport;

    Embeddings(Transport transport) {
        this.transport = transport;
    }

    /**
     * Embeds texts. A list that is too long for one request is sent in parts, several at a time; the reply is as if it had
     * been one, and if one part fails the others are broken off.
     *
     * @return a vector for each text, in the order of the texts
     * @throws TuttiException when the service cannot be reached or answers with an error
     * @throws IllegalArgumentException when the request cannot be written as JSON
     */
    public EmbeddingsReply create(EmbeddingCreateParams params) {
        return Await.result(createAsync(params));
    }

    /** The same without waiting; fails with the same exceptions. Cancelling ends what is under way. */
    public CompletableFuture<EmbeddingsReply> createAsync(EmbeddingCreateParams params) {
        Batching batching = transport.settings().batching();
        List<Batching.Part> parts = batching.cut(
                params.input().size(), text -> params.input().get(text).length());
        CompletableFuture<List<EmbeddingsReply>> answers =
                PartedCall.start(parts, batching.concurrency(), part -> send(params, part));
        return Futures.map(answers, Embeddings::join);
    }

    private CompletableFuture<EmbeddingsReply> send(EmbeddingCreateParams params, Batching.Part part) {
        EmbeddingsRequest request = new EmbeddingsRequest(
                params.model(),
                new EmbeddingInput.Texts(params.input().subList(part.from(), part.to())),
                transport.settings().base64() ? EncodingFormat.BASE64 : null,
                params.dimensions(),
                params.truncate(),
                params.inputType(),
                params.promptName());
        return transport.post(
                "embeddings",
                request,
                params.extras(),
                reply -> inOrder(Wire.read(reply.body(), EmbeddingsReply.class), part.to() - part.from()));
    }

    /** Makes sure that each text has its vector. */
    private static EmbeddingsReply inOrder(EmbeddingsReply reply, int texts) {
        List<Embedding> vectors = new ArrayList<>(reply.data());
        vectors.sort(Comparator.comparingInt(Embedding::index));
        boolean complete = vectors.size() == texts;
        for (int text = 0; complete && text < texts; text++) {
            complete = vectors.get(text).index() == text;
        }
        if (!complete) {
            List<Integer> came = vectors.stream().map(Embedding::index).limit(10).toList();
            throw new UnexpectedReplyException("%d texts were sent, and %d vectors came back: of %s%s"
                    .formatted(texts, vectors.size(), came, vectors.size() > came.size() ? "…" : ""));
        }
        return new EmbeddingsReply(reply.object(), reply.model(), vectors, reply.usage());
    }

    private static EmbeddingsReply join(List<EmbeddingsReply> parts) {
        EmbeddingsReply first = parts.get(0);
        if (parts.size() == 1) {
            return first;
        }
        List<Embedding> all = new ArrayList<>();
        for (EmbeddingsReply part : parts) {
            for (Embedding vector : part.data()) {
                all.add(new Embedding(vector.object(), all.size(), vector.embedding()));
            }
        }
        return new EmbeddingsReply(first.object(), first.model(), all, sum(parts));
    }

    /** Null unless each part says what it took. */
    private static @Nullable EmbeddingsUsage sum(List<EmbeddingsReply> parts) {
        long prompt = 0;
        long total = 0;
        long truncated = 0;
        for (EmbeddingsReply part : parts) {
            EmbeddingsUsage usage = part.usage();
            if (usage == null) {
                return null;
            }
            prompt += usage.promptTokens();
            total += usage.totalTokens();
            truncated += usage.truncatedTokens();
        }
        return new EmbeddingsUsage(prompt, total, truncated);
    }
}
