package ai.tutti.cli;

import ai.tutti.api.EmbeddingsReply;
import ai.tutti.client.ApiStatusException;
import ai.tutti.client.EmbeddingCreateParams;
import ai.tutti.client.Tutti;
import java.util.List;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server's model. */
final class ServerVectors implements TextVectors {
    private static final Pattern TEXT = Pattern.compile("input\\[(\\d{1,9})]");

    private final Tutti client;
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
                embedding.truncation() == ai.tutti.engine.text.Truncation.END ? null : embedding.truncateMode(),
                embedding.inputType(),
                embedding.promptName(),
                java.util.Map.of());
        try {
            EmbeddingsReply reply = client.embeddings().create(params);
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
