package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import ai.tutti.client.RerankCreateParams;
import ai.tutti.client.Tutti;
import java.util.List;

/** A model behind a server: Tutti's, or Together's own. */
public final class ServerReranker implements Reranker {
    private final Tutti client;
    private final String model;

    public ServerReranker(Tutti client, String model) {
        this.client = requireNonNull(client, "client is null");
        this.model = requireNonNull(model, "model is null");
    }

    @Override
    public String model() {
        return model;
    }

    @Override
    public float[] scores(String query, List<String> documents) {
        var scores = new float[documents.size()];
        if (scores.length > 0) {
            var reply = client.rerank().create(RerankCreateParams.of(model, query, documents));
            reply.results().forEach(result -> scores[result.index()] = result.relevanceScore());
        }
        return scores;
    }
}
