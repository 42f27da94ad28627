package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/** Reranks with an embedding model: the score is the cosine of the query's and the document's vector, in -1 to 1. */
public final class CosineReranker implements RerankModel {
    private final EmbeddingModel model;

    public CosineReranker(EmbeddingModel model) {
        this.model = requireNonNull(model, "model is null");
    }

    @Override
    public String name() {
        return model.name();
    }

    @Override
    public int maxTokens() {
        return model.maxTokens();
    }

    @Override
    public Precision precision() {
        return model.precision();
    }

    @Override
    public String scoreDescription() {
        return "cosine of the query's and the document's vector";
    }

    @Override
    public RerankScores score(String query, List<String> documents, RerankOptions options) throws InterruptedException {
        var texts = new ArrayList<String>(documents.size() + 1);
        texts.add(query);
        texts.addAll(documents);
        var tokenized = model.tokenize(
                texts,
                new EmbeddingOptions(options.truncation(), null, null, null, options.maxTokens()),
                text -> text == 0 ? "query" : "documents[" + (text - 1) + "]");
        if (tokenized.tokens() > options.maxTotalTokens()) {
            throw new InvalidInputException(
                    "documents",
                    "query and documents have %d tokens; at most %d may be sent in one request"
                            .formatted(tokenized.tokens(), options.maxTotalTokens()));
        }
        var scores = new float[documents.size()];
        try (var vectors = model.embed(tokenized)) {
            var queryVector = requireNonNull(vectors.next());
            for (int i = 0; i < scores.length; i++) {
                scores[i] = (float) Vectors.cosine(queryVector, requireNonNull(vectors.next()));
            }
        }
        return new RerankScores(scores, tokenized.tokens(), tokenized.truncatedTokens());
    }
}
