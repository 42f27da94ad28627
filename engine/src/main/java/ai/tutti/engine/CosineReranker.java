package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
    public RerankStream start(String query, List<String> documents, RerankOptions options) throws InterruptedException {
        var texts = tokenize(query, documents, options);
        return new Cosines(texts, model.embed(texts));
    }

    /** The query first; the limit a document does not hold for it. */
    private TokenizedTexts tokenize(String query, List<String> documents, RerankOptions options)
            throws InterruptedException {
        var asked = model.tokenize(List.of(query), options(options, null), _ -> "query", _ -> {});
        var found = model.tokenize(
                documents,
                options(options, options.maxTokens()),
                document -> "documents[" + document + "]",
                tokens -> requireAtMost(options.maxTotalTokens(), asked.tokens() + tokens));
        var texts = new ArrayList<Tokens>(documents.size() + 1);
        texts.addAll(asked.texts());
        texts.addAll(found.texts());
        return new TokenizedTexts(
                texts, asked.tokens() + found.tokens(), asked.truncatedTokens() + found.truncatedTokens(), null);
    }

    private static EmbeddingOptions options(RerankOptions options, @Nullable Integer maxTokens) {
        return new EmbeddingOptions(options.truncation(), null, null, null, maxTokens);
    }

    private static void requireAtMost(long most, long tokens) {
        if (tokens > most) {
            throw new InvalidInputException(
                    "documents",
                    "query and documents have %d tokens or more; at most %d may be sent in one request"
                            .formatted(tokens, most));
        }
    }

    /** The first vector is the query's. */
    private static final class Cosines implements RerankStream {
        private final TokenizedTexts texts;
        private final EmbeddingStream vectors;
        private float @Nullable [] query;

        Cosines(TokenizedTexts texts, EmbeddingStream vectors) {
            this.texts = texts;
            this.vectors = vectors;
        }

        @Override
        public long tokens() {
            return texts.tokens();
        }

        @Override
        public long truncatedTokens() {
            return texts.truncatedTokens();
        }

        @Override
        public float next() throws InterruptedException {
            if (query == null) {
                query = requireNonNull(vectors.next());
            }
            return (float) Vectors.cosine(query, requireNonNull(vectors.next(), "every document has its score"));
        }

        @Override
        public void close() {
            vectors.close();
        }
    }
}
