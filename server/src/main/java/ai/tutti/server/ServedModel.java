package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.CosineReranker;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.RerankModel;
import ai.tutti.engine.checkpoint.ModelFolder;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A loaded model.
 *
 * @param name its own name
 * @param embedding what answers {@code /v1/embeddings}; null for a model that only scores
 * @param reranker what answers {@code /v1/rerank}; for an embedding model the cosine of query and document
 */
record ServedModel(String name, @Nullable EmbeddingModel embedding, RerankModel reranker) implements AutoCloseable {
    ServedModel {
        requireNonNull(name, "name is null");
        requireNonNull(reranker, "reranker is null");
    }

    static ServedModel load(Engine engine, KnownModel known, ModelFolder folder) {
        return switch (known.entry().kind()) {
            case RERANK -> new ServedModel(known.name(), null, RerankModel.load(engine, folder, known.options()));
            case EMBEDDING -> {
                EmbeddingModel model = EmbeddingModel.load(engine, folder, known.options());
                yield new ServedModel(known.name(), model, new CosineReranker(model));
            }
        };
    }

    /** What answers {@code /v1/embeddings}, of a model that was asked whether it gives vectors. */
    EmbeddingModel requireEmbedding() {
        return requireNonNull(embedding, "a reranker gives no vectors");
    }

    /** Native memory that the weights take, in bytes. */
    long weightBytes() {
        return reranker.weightBytes();
    }

    /** A real pass, past the queue. */
    void probe(Duration timeout) throws InterruptedException, TimeoutException {
        reranker.probe(timeout);
    }

    @Override
    public void close() {
        reranker.close();
    }
}
