package ai.tutti.engine;

import static java.util.Objects.requireNonNull;
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

/** Whole folders that are asked by a prompt, against transformers under the prompts of the published code; under every instruction set. */
@Tag("reference")
final class PromptRerankerFoldersTest {
    static final List<String> FOLDERS = List.of("mxbai-rerank-v2", "qwen3-reranker");

    /** Networks of random weights, 32 wide, magnify bf16's rounding; trained ones of full width do not. */
    private static final float BF16_TOLERANCE = 0.1f;

    private static final Engine ENGINE = Engine.create(new Engine.Settings(2, 1_000_000));

    /**
     * What transformers gives for the fixtures' texts with special tokens in them when these are tokenised as text
     * ({@code encode_special_tokens}): logits by folder.
     */
    private static final Map<String, List<Float>> DEFUSED = Map.of(
            "mxbai-rerank-v2", List.of(-0.155195f, -2.135405f, -2.171425f, 0.360478f, -0.952451f, 1.98778f, 1.137607f, -2.913802f),
            "qwen3-reranker", List.of(0.97993f, 0.541191f, 2.504777f, 1.798484f, 1.687338f, -0.105561f, 3.076648f, 2.323981f));

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
                var normalized = model.score(query, texts, RerankOptions.DEFAULT.withNormalize(true));
                boolean special = documents.get(0).path("special_in_text").asBoolean(false);
                for (int i = 0; i < texts.size(); i++) {
                    var document = documents.get(i);
                    float logit = special ? requireNonNull(DEFUSED.get(name)).get(i) : number(document, "logit");
                    assertThat(raw.scores()[i]).as("%s", document).isCloseTo(logit, within(5e-5f));
                    assertThat(model.score(query, List.of(texts.get(i)), RerankOptions.DEFAULT).scores())
                            .as("alone: %s", document)
                            .containsExactly(scores.scores()[i]);
                    if (!special) {
                        assertThat(scores.scores()[i]).as("%s", document).isCloseTo(number(document, "score"), within(tolerance));
                        var key = document.has("score_normalized_est12") ? "score_normalized_est12" : "score";
                        assertThat(normalized.scores()[i]).as("%s", document).isCloseTo(number(document, key), within(2e-5f));
                    }
                }
                if (!special) {
                    assertThat(scores.tokens())
                            .isEqualTo(documents.valueStream().mapToLong(one -> one.get("ids").size()).sum());
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
                if (documents.get(0).path("special_in_text").asBoolean(false)) {
                    continue;
                }
                var texts = documents.valueStream().map(one -> one.get("text").stringValue()).toList();
                var query = rerank.get("query").stringValue();
                var raw = model.score(query, texts, RerankOptions.DEFAULT.withRawScores(true));
                for (int i = 0; i < texts.size(); i++) {
                    float logit = number(documents.get(i), "logit");
                    assertThat(raw.scores()[i])
                            .as("%s", documents.get(i))
                            .isCloseTo(logit, within(BF16_TOLERANCE * Math.max(1, Math.abs(logit))));
                    assertThat(model.score(query, List.of(texts.get(i)), RerankOptions.DEFAULT.withRawScores(true)).scores())
                            .as("alone: %s", documents.get(i))
                            .containsExactly(raw.scores()[i]);
                }
            }
        }
    }

    private static float number(JsonNode document, String key) {
        return document.get(key).floatValue();
    }

    private static RerankModel load(String name, Precision precision) {
        return RerankModel.load(
                ENGINE,
                ModelFolder.open(Fixtures.folder(name)),
                new ModelOptions(name, precision, null, null, Map.of()).withTemplate(RerankPrompt.named(name)));
    }
}
