package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reranks with an embedding model: the score is the cosine of the query's and the document's vector, in -1 to 1. Prompts that
 * the folder declares for queries and for documents apply, else its default prompt; a prompt stands in front of each window of
 * a document.
 */
public final class CosineReranker implements RerankModel {
    private final EmbeddingModel model;

    /** Takes the model over: closing the one closes the other. */
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
    public long weightBytes() {
        return model.weightBytes();
    }

    @Override
    public String scoreDescription() {
        return "cosine of the query's and the document's vector";
    }

    @Override
    public RerankStream start(String query, List<String> documents, RerankOptions options, Terms terms)
            throws InterruptedException {
        options.requireNoInstruction(name());
        if (options.normalize()) {
            throw new InvalidInputException(
                    "normalize", "normalize: the scores of %s are cosines and no logits; leave it out".formatted(name()));
        }
        var loaded = model.loaded();
        var prompts = model.declaredPrompts();
        var batch = new RerankBatch(name(), options);
        batch.add(new PromptedTexts(loaded, prompts.declared(Prompts.QUERY), options.withChunks(null, null))
                .query(batch, query));
        var texts = new PromptedTexts(loaded, prompts.declared(Prompts.DOCUMENT), options);
        for (var document : documents) {
            if (Thread.interrupted()) {
                throw new InterruptedException("tokenising was given up");
            }
            batch.addDocument(texts.document(batch, document));
        }
        return new Cosines(batch, loaded.start(batch.texts(), batch.terms(terms)));
    }

    @Override
    public void probe(Duration timeout) throws InterruptedException, TimeoutException {
        model.probe(timeout);
    }

    @Override
    public void close() {
        model.close();
    }

    /** The first result is the query's vector. */
    private static final class Cosines extends DocumentScores {
        private float @Nullable [] query;

        Cosines(RerankBatch batch, ResultStream vectors) {
            super(batch, vectors);
        }

        @Override
        public float next() throws InterruptedException {
            if (query == null) {
                query = result();
            }
            return super.next();
        }

        @Override
        float score(float[] vector) {
            return (float) Vectors.cosine(requireNonNull(query), vector);
        }
    }
}
