package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.TokenizedTexts;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A model in this process. Whoever made the model closes it. */
public final class EngineEmbedder implements Embedder {
    /** Texts that are tokenised and in the engine's queue at a time. */
    private static final int PART = 1_000;

    private final EmbeddingModel model;
    private final AtomicLong truncated = new AtomicLong();

    public EngineEmbedder(EmbeddingModel model) {
        this.model = requireNonNull(model, "model is null");
    }

    @Override
    public String model() {
        return model.name();
    }

    @Override
    public int dimensions() {
        return model.dimensions();
    }

    @Override
    public int maxTokens() {
        return model.maxTokens();
    }

    @Override
    public float[][] embed(List<String> texts, InputKind kind) throws InterruptedException {
        var vectors = new float[texts.size()][];
        for (int from = 0; from < texts.size(); from += PART) {
            var tokenized = tokenize(texts.subList(from, Math.min(texts.size(), from + PART)), kind);
            truncated.addAndGet(tokenized.truncatedTokens());
            System.arraycopy(model.vectors(tokenized), 0, vectors, from, tokenized.size());
        }
        return vectors;
    }

    @Override
    public int countTokens(String text) {
        var tokenized = tokenize(List.of(text), InputKind.DOCUMENT);
        return Math.toIntExact(tokenized.tokens() + tokenized.truncatedTokens());
    }

    @Override
    public long truncatedTokens() {
        return truncated.get();
    }

    private TokenizedTexts tokenize(List<String> texts, InputKind kind) {
        return model.tokenize(texts, EmbeddingOptions.DEFAULT.withInputType(kind.inputType()));
    }
}
