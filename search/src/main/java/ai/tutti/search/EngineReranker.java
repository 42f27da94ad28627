package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.RerankModel;
import ai.tutti.engine.RerankOptions;
import java.util.List;

/** A model in this process. Whoever made the model closes it. */
public final class EngineReranker implements Reranker {
    private final RerankModel model;

    public EngineReranker(RerankModel model) {
        this.model = requireNonNull(model, "model is null");
    }

    @Override
    public String model() {
        return model.name();
    }

    @Override
    public float[] scores(String query, List<String> documents) throws InterruptedException {
        return model.score(query, documents, RerankOptions.DEFAULT).scores();
    }
}
