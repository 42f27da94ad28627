package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Truncation;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Scores of an embedding model, and the names of a rerank request's fields. */
final class CosineRerankerTest {
    private static final Engine ENGINE = Engine.create(new Engine.Settings(2, 1_000_000));
    private static final EmbeddingModel MODEL =
            EmbeddingModel.load(ENGINE, ModelFolder.open(Fixtures.folder("bge")), ModelOptions.named("bge"));
    private static final CosineReranker RERANKER = new CosineReranker(MODEL);
    private static final String LONG = "the giant panda lives in China ".repeat(40);

    @AfterAll
    static void close() {
        MODEL.close();
        ENGINE.close();
    }

    @Test
    void scoresAreCosinesInTheOrderOfTheDocuments() throws InterruptedException {
        var documents = List.of("the giant panda is a bear", "capital of France", "bear");
        var scores = RERANKER.score("bear", documents, RerankOptions.DEFAULT);
        var query = MODEL.embed("bear");

        assertThat(scores.scores()).hasSize(3);
        for (int i = 0; i < 3; i++) {
            var cosine = (float) Vectors.cosine(query, MODEL.embed(documents.get(i)));
            assertThat(scores.scores()[i]).isEqualTo(cosine);
        }
        assertThat(scores.scores()[2]).isCloseTo(1, within(1e-6f));
        assertThat(scores.truncatedTokens()).isZero();
    }

    @Test
    void tokensAreCountedAndCut() throws InterruptedException {
        var scores = RERANKER.score("", List.of(LONG, ""), RerankOptions.DEFAULT);

        assertThat(scores.tokens()).isEqualTo(2 + 64 + 2);
        assertThat(scores.truncatedTokens()).isPositive();
        assertThat(RERANKER.score("bear", List.of(), RerankOptions.DEFAULT).scores()).isEmpty();
    }

    @Test
    void whatIsTooLongIsRefusedByItsName() {
        var strict = new RerankOptions(Truncation.ERROR, null, Long.MAX_VALUE);
        refused(() -> RERANKER.score("bear", List.of("bear", LONG), strict), "documents[1]", "documents[1] has");
        refused(() -> RERANKER.score(LONG, List.of("bear"), strict), "query", "query has");
        refused(
                () -> RERANKER.score("", List.of("", ""), new RerankOptions(Truncation.END, null, 5)),
                "documents",
                "query and documents have 6 tokens");
        refused(
                () -> RERANKER.score("", List.of(""), new RerankOptions(Truncation.END, 65, Long.MAX_VALUE)),
                "max_tokens",
                "between 3 and 64");
    }

    private static void refused(ThrowingCallable call, String field, String message) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(InvalidInputException.class, e -> assertThat(e.field()).isEqualTo(field))
                .hasMessageContaining(message);
    }
}
