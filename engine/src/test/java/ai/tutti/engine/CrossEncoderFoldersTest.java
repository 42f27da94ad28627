package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.tensor.Precision;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;

/** Whole folders, query and documents in and scores out, against what sentence-transformers gives; under every instruction set. */
@Tag("reference")
final class CrossEncoderFoldersTest {
    static final List<String> FOLDERS = List.of("ms-marco-minilm", "bge-reranker", "gte-reranker-modernbert", "mxbai-rerank-v1", "llama-rank");

    /** Networks of random weights, 32 wide, magnify bf16's rounding; trained ones of full width do not. */
    private static final float BF16_TOLERANCE = 0.1f;

    private static final Engine ENGINE = Engine.create(new Engine.Settings(2, 1_000_000));

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @ParameterizedTest
    @FieldSource("FOLDERS")
    void equalsTheReferenceInF32(String name) throws InterruptedException {
        var cases = Fixtures.cases(name);
        float tolerance = cases.get("activation").stringValue().equals("sigmoid") ? 2e-5f : 5e-5f;
        try (var model = load(name, Precision.F32)) {
            assertThat(model.maxTokens()).isEqualTo(cases.get("max_tokens").intValue());
            for (var rerank : cases.get("cases")) {
                var query = rerank.get("query").stringValue();
                var documents = rerank.get("documents");
                var texts = documents.valueStream().map(one -> one.get("text").stringValue()).toList();
                var scores = model.score(query, texts, RerankOptions.DEFAULT);
                var raw = model.score(query, texts, RerankOptions.DEFAULT.withRawScores(true));
                long tokens = documents.valueStream().mapToLong(one -> one.get("ids").size()).sum();
                assertThat(scores.tokens()).isEqualTo(tokens);
                for (int i = 0; i < texts.size(); i++) {
                    var document = documents.get(i);
                    assertThat(raw.scores()[i]).as("%s", document).isCloseTo(number(document, "logit"), within(5e-5f));
                    assertThat(scores.scores()[i]).as("%s", document).isCloseTo(number(document, "score"), within(tolerance));
                    assertThat(model.score(query, List.of(texts.get(i)), RerankOptions.DEFAULT).scores())
                            .as("alone: %s", document)
                            .containsExactly(scores.scores()[i]);
                }
            }
        }
    }

    @ParameterizedTest
    @FieldSource("FOLDERS")
    void staysCloseInBf16(String name) throws InterruptedException {
        assumeTrue(ENGINE.supportedPrecisions().contains(Precision.BF16), "this instruction set has no bf16");
        try (var model = load(name, Precision.BF16)) {
            for (var rerank : Fixtures.cases(name).get("cases")) {
                var documents = rerank.get("documents");
                var texts = documents.valueStream().map(one -> one.get("text").stringValue()).toList();
                var raw = model.score(
                        rerank.get("query").stringValue(), texts, RerankOptions.DEFAULT.withRawScores(true));
                for (int i = 0; i < texts.size(); i++) {
                    float logit = number(documents.get(i), "logit");
                    assertThat(raw.scores()[i])
                            .as("%s", documents.get(i))
                            .isCloseTo(logit, within(BF16_TOLERANCE * Math.max(1, Math.abs(logit))));
                }
            }
        }
    }

    private static float number(JsonNode document, String key) {
        return document.get(key).floatValue();
    }

    private static CrossEncoder load(String name, Precision precision) {
        return CrossEncoder.load(
                ENGINE, ModelFolder.open(Fixtures.folder(name)), new ModelOptions(name, precision, null, null, Map.of()));
    }
}
