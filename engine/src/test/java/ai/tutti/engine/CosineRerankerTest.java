package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Truncation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        var strict = RerankOptions.DEFAULT.withTruncation(Truncation.ERROR);
        refused(() -> RERANKER.score("bear", List.of("bear", LONG), strict), "documents[1]", "documents[1] has");
        refused(() -> RERANKER.score(LONG, List.of("bear"), strict), "query", "query has");
        refused(
                () -> RERANKER.score("", List.of("", ""), RerankOptions.DEFAULT.withMaxTotalTokens(5)),
                "documents",
                "query and documents have 6 tokens");
        refused(
                () -> RERANKER.score(
                        "bear", List.of(LONG.repeat(1000)), RerankOptions.DEFAULT.withChunks(1 << 30, 61).withMaxTotalTokens(1 << 20)),
                "documents",
                "at most 1048576 may be sent");
        refused(
                () -> RERANKER.score("bear", List.of("bear", "a b c"), strict.withMaxTokensPerDocument(2)),
                "documents[1]",
                "documents[1] has 3 tokens; bge takes at most 2 by max_tokens_per_doc");
    }

    @Test
    void optionsAreRefusedByTheirNames() {
        var options = RerankOptions.DEFAULT;
        refused(() -> options.withMaxTokensPerDocument(0), "max_tokens_per_doc", "at least 1, not 0");
        refused(() -> options.withChunks(0, null), "max_chunks_per_doc", "at least 1, not 0");
        refused(() -> options.withChunks(2, -1), "overlap", "at least 0, not -1");
        refused(() -> options.withChunks(null, 3), "overlap", "needs max_chunks_per_doc");
        refused(
                () -> RERANKER.score("bear", List.of("bear"), options.withChunks(2, 62)),
                "overlap",
                "less than 62, the tokens of a window, not 62");
    }

    @Test
    void onlyTheFirstTokensOfADocumentCountWhenAskedFor() throws InterruptedException {
        var scores = RERANKER.score("bear", List.of("a b c d e"), RerankOptions.DEFAULT.withMaxTokensPerDocument(2));

        assertThat(scores.scores()[0]).isEqualTo((float) Vectors.cosine(MODEL.embed("bear"), MODEL.embed("a b")));
        assertThat(scores.tokens()).isEqualTo(3 + 4);
        assertThat(scores.truncatedTokens()).isEqualTo(3);
    }

    @Test
    void theBestWindowOfALongDocumentCounts() throws InterruptedException {
        var words = new ArrayList<>(Collections.nCopies(100, "china"));
        words.set(85, "bear");
        var document = String.join(" ", words);
        var query = MODEL.embed("bear");

        for (int overlap : new int[] {0, 20}) {
            var scores = RERANKER.score("bear", List.of(document, "bear"), RerankOptions.DEFAULT.withChunks(5, overlap));
            double best = -1;
            int tokens = 3;
            for (int from = 0; from == 0 || from + overlap < 100; from += 62 - overlap) {
                var window = words.subList(from, Math.min(100, from + 62));
                best = Math.max(best, Vectors.cosine(query, MODEL.embed(String.join(" ", window))));
                tokens += 2 + window.size();
            }
            assertThat(scores.scores()[0]).isEqualTo((float) best);
            assertThat(scores.scores()[1]).isCloseTo(1, within(1e-6f));
            assertThat(scores.tokens()).isEqualTo(tokens + 3);
            assertThat(scores.truncatedTokens()).isZero();
        }
        var one = RERANKER.score("bear", List.of(document), RerankOptions.DEFAULT.withChunks(1, null));
        assertThat(one).usingRecursiveComparison().isEqualTo(RERANKER.score("bear", List.of(document), RerankOptions.DEFAULT));
        assertThat(one.truncatedTokens()).isEqualTo(38);
    }

    @Test
    void promptsThatTheFolderDeclaresApply(@TempDir Path folder) throws Exception {
        Fixtures.copy("bge", folder);
        Files.writeString(folder.resolve("config_sentence_transformers.json"), """
                {"prompts": {"query": "what is ", "document": "", "passage": "text: "}, "default_prompt_name": "query"}""");
        try (var model = EmbeddingModel.load(ENGINE, ModelFolder.open(folder), ModelOptions.named("bge"))) {
            var reranker = new CosineReranker(model);
            var query = MODEL.embed("what is bear");
            assertThat(reranker.score("bear", List.of("china"), RerankOptions.DEFAULT).scores())
                    .containsExactly((float) Vectors.cosine(query, MODEL.embed("text: china")));
            var words = String.join(" ", Collections.nCopies(100, "china"));
            var second = String.join(" ", Collections.nCopies(40, "china"));
            assertThat(reranker.score("bear", List.of(words), RerankOptions.DEFAULT.withChunks(2, null).withMaxTokensPerDocument(100))
                            .scores()[0])
                    .isEqualTo((float) Math.max(
                            Vectors.cosine(query, MODEL.embed("text: " + String.join(" ", Collections.nCopies(60, "china")))),
                            Vectors.cosine(query, MODEL.embed("text: " + second))));
        }
    }

    private static void refused(ThrowingCallable call, String field, String message) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(InvalidInputException.class, e -> assertThat(e.field()).isEqualTo(field))
                .hasMessageContaining(message);
    }
}
