package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.RerankModel;
import ai.tutti.hub.CatalogueEntry;
import java.util.List;

/**
 * A loaded model and what is said of it.
 *
 * @param name its own name
 * @param embedding what answers {@code /v1/embeddings}
 * @param reranker what answers {@code /v1/rerank}; for an embedding model the cosine of query and document
 * @param entry what the catalogue knows of it
 * @param aliases further names that it answers to, sorted
 */
public record ServedModel(
        String name, EmbeddingModel embedding, RerankModel reranker, CatalogueEntry entry, List<String> aliases) {
    public ServedModel {
        requireNonNull(name, "name is null");
        requireNonNull(embedding, "embedding is null");
        requireNonNull(reranker, "reranker is null");
        requireNonNull(entry, "entry is null");
        aliases = List.copyOf(aliases);
    }
}
