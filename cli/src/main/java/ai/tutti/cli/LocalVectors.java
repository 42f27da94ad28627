package ai.tutti.cli;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.TokenizedTexts;
import ai.tutti.engine.text.InvalidInputException;
import java.util.List;
import java.util.function.IntFunction;

/** A model in this process. */
record LocalVectors(Engine engine, EmbeddingModel loaded, EmbeddingOptions options) implements TextVectors {
    static LocalVectors load(Embedding embedding, Surroundings surroundings) {
        Engine engine = embedding.choice().engine();
        try {
            return new LocalVectors(engine, embedding.choice().embedding(engine, surroundings), embedding.options());
        } catch (RuntimeException | Error e) {
            engine.close();
            throw e;
        }
    }

    @Override
    public Batch embed(List<String> texts, IntFunction<String> place) throws InterruptedException {
        TokenizedTexts tokenized;
        try {
            tokenized = loaded.tokenize(texts, options, place, tokens -> {});
        } catch (InvalidInputException e) {
            throw new UsageException(requireNonNull(e.getMessage()), e);
        }
        return new Batch(loaded.vectors(tokenized), tokenized.truncatedTokens());
    }

    @Override
    public String model() {
        return loaded.name();
    }

    @Override
    public String how() {
        return "%s, up to %,d tokens a text".formatted(loaded.precision().wireName(), loaded.maxTokens());
    }

    @Override
    public void close() {
        try (engine) {
            loaded.close();
        }
    }
}
