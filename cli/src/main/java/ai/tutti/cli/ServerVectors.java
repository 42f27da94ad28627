package ai.tutti.cli;

import ai.tutti.api.EmbeddingsReply;
import ai.tutti.client.ApiStatusException;
import ai.tutti.client.EmbeddingCreateParams;
import ai.tutti.client.Tutti;
import ai.tutti.engine.text.Truncation;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server's model. Once it has answered, it is waited for with patience when it is gone, as a long run outlives its restarts.
 */
final class ServerVectors implements TextVectors {
    private static final int PATIENT_RETRIES = 8;
    private static final Pattern TEXT = Pattern.compile("input\\[(\\d{1,9})]");

    private volatile Tutti client;
    private volatile boolean answered;
    private final Embedding embedding;

    ServerVectors(Embedding embedding, Surroundings surroundings) {
        this.client = embedding.choice().client(surroundings);
        this.embedding = embedding;
    }

    @Override
    public Batch embed(List<String> texts, IntFunction<String> place) {
        var params = new EmbeddingCreateParams(
                model(),
                texts,
                embedding.dimensions(),
                embedding.truncation() == Truncation.END ? null : embedding.truncateMode(),
                embedding.inputType(),
                embedding.promptName(),
                Map.of());
        try {
            EmbeddingsReply reply = client.embeddings().create(params);
            if (!answered) {
                client = client.toBuilder().maxRetries(PATIENT_RETRIES).build();
                answered = true;
            }
            var vectors = new float[texts.size()][];
            for (int i = 0; i < vectors.length; i++) {
                vectors[i] = reply.data().get(i).embedding();
            }
            return new Batch(vectors, reply.usage() == null ? 0 : reply.usage().truncatedTokens());
        } catch (ApiStatusException e) {
            Matcher text = TEXT.matcher(e.param() == null ? "" : e.param());
            if (text.matches() && Integer.parseInt(text.group(1)) < texts.size()) {
                throw new UsageException("%s: %s".formatted(place.apply(Integer.parseInt(text.group(1))), e.getMessage()), e);
            }
            throw e;
        }
    }

    @Override
    public String model() {
        return embedding.choice().spec().name();
    }

    @Override
    public String how() {
        return "by " + embedding.choice().server();
    }

    @Override
    public void close() {}
}
