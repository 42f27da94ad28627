package ai.tutti.cli;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.RerankModel;
import ai.tutti.hub.ModelSpec;
import ai.tutti.search.Embedder;
import ai.tutti.search.EngineEmbedder;
import ai.tutti.search.EngineReranker;
import ai.tutti.search.Reranker;
import ai.tutti.search.ServerEmbedder;
import ai.tutti.search.ServerReranker;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** The models of a search, in this process or by a server. */
final class SearchModels implements AutoCloseable {
    private final ModelChoice choice;
    private final Surroundings surroundings;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private @Nullable Engine engine;

    /**
     * Models, none of them loaded yet.
     *
     * @param choice the model to embed with, and where all of them are
     */
    SearchModels(ModelChoice choice, Surroundings surroundings) {
        this.choice = choice;
        this.surroundings = surroundings;
    }

    Embedder embedder() {
        if (choice.server() != null) {
            return ServerEmbedder.connect(choice.client(surroundings), choice.spec().name());
        }
        EmbeddingModel model = choice.embedding(engine(), surroundings);
        open.push(model);
        return new EngineEmbedder(model);
    }

    Reranker reranker(ModelSpec spec) {
        if (choice.server() != null) {
            return new ServerReranker(choice.client(surroundings), spec.name());
        }
        RerankModel model = choice.of(spec).reranker(engine(), surroundings);
        open.push(model);
        return new EngineReranker(model);
    }

    private Engine engine() {
        if (engine == null) {
            engine = choice.engine();
            open.push(engine);
        }
        return engine;
    }

    @Override
    public void close() {
        AutoCloseable last = open.poll();
        if (last == null) {
            return;
        }
        try {
            last.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            close();
        }
    }
}
