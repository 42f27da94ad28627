package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.CosineReranker;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.RerankModel;
import ai.tutti.engine.checkpoint.ModelFolder;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * A loaded model.
 *
 * @param name its own name
 * @param embedding what answers {@code /v1/embeddings}
 * @param reranker what answers {@code /v1/rerank}; for an embedding model the cosine of query and document
 */
record ServedModel(String name, EmbeddingModel embedding, RerankModel reranker) implements AutoCloseable {
    ServedModel {
        requireNonNull(name, "name is null");
        requireNonNull(embedding, "embedding is null");
        requireNonNull(reranker, "reranker is null");
    }

    static ServedModel load(Engine engine, KnownModel known, ModelFolder folder) {
        EmbeddingModel model = EmbeddingModel.load(engine, folder, known.options());
        return new ServedModel(known.name(), model, new CosineReranker(model));
    }

    /** Native memory that the weights take, in bytes. */
    long weightBytes() {
        return embedding.weightBytes();
    }

    /** A real pass, past the queue. */
    void probe(Duration timeout) throws InterruptedException, TimeoutException {
        embedding.probe(timeout);
    }

    @Override
    public void close() {
        embedding.close();
    }
}
