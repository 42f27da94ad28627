package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.tensor.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Whole folders, text in and vector out, against what sentence-transformers gives; under every instruction set. */
@Tag("reference")
final class EncoderFoldersTest {
    private static final Engine ENGINE = Engine.create(new Engine.Settings(2, 1_000_000));

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bge", "gte-large", "uae-large", "multilingual-e5", "gte-modernbert", "m2-bert", "e5-mistral", "qwen3-embedding"})
    void equalsTheReferenceInF32(String name) throws InterruptedException {
        var cases = Fixtures.cases(name);
        float tolerance = cases.get("normalized").booleanValue() ? 1e-5f : 5e-5f;
        try (var model = load(name, Precision.F32)) {
            var texts = texts(cases);
            var tokenized = model.tokenize(texts, EmbeddingOptions.DEFAULT);
            var vectors = model.vectors(tokenized);
            for (int i = 0; i < texts.size(); i++) {
                var expected = cases.get("cases").get(i);
                assertThat(tokenized.ids().get(i)).as(label(expected)).isEqualTo(Fixtures.ints(expected.get("ids")));
                assertThat(vectors[i]).as(label(expected)).containsExactly(Fixtures.floats(expected.get("vector")), within(tolerance));
                assertThat(model.embed(texts.get(i))).as("alone: " + label(expected)).isEqualTo(vectors[i]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bge", "gte-large", "uae-large", "multilingual-e5", "gte-modernbert", "m2-bert", "e5-mistral", "qwen3-embedding"})
    void staysCloseInBf16(String name) throws InterruptedException {
        org.junit.jupiter.api.Assumptions.assumeTrue(
                ENGINE.supportedPrecisions().contains(Precision.BF16), "this instruction set has no bf16");
        var cases = Fixtures.cases(name);
        try (var model = load(name, Precision.BF16)) {
            var vectors = model.embed(texts(cases));
            for (int i = 0; i < vectors.length; i++) {
                var expected = cases.get("cases").get(i);
                assertThat(Vectors.cosine(vectors[i], Fixtures.floats(expected.get("vector")))).as(label(expected)).isGreaterThan(0.999);
            }
        }
    }

    /** Networks of random weights and a few dozen numbers a token magnify what is rounded. */
    @ParameterizedTest
    @ValueSource(strings = {"bge", "gte-large", "uae-large", "multilingual-e5"})
    void staysNearInInt8(String name) throws InterruptedException {
        org.junit.jupiter.api.Assumptions.assumeTrue(
                Kernels.instance().cpu().multipliesBytes(), "this instruction set has no exact products of bytes");
        var cases = Fixtures.cases(name);
        try (var model = load(name, Precision.INT8)) {
            var texts = texts(cases);
            var vectors = model.embed(texts);
            for (int i = 0; i < vectors.length; i++) {
                var expected = cases.get("cases").get(i);
                assertThat(Vectors.cosine(vectors[i], Fixtures.floats(expected.get("vector")))).as(label(expected)).isGreaterThan(0.998);
                assertThat(model.embed(texts.get(i))).as("alone: " + label(expected)).isEqualTo(vectors[i]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bge", "multilingual-e5"})
    void aLimitOfTokensChangesNoVectorInInt8(String name) throws InterruptedException {
        org.junit.jupiter.api.Assumptions.assumeTrue(
                Kernels.instance().cpu().multipliesBytes(), "this instruction set has no exact products of bytes");
        try (var model = load(name, Precision.INT8, null);
                var limited = load(name, Precision.INT8, 8)) {
            assertThat(limited.embed("bear")).isEqualTo(model.embed("bear"));
        }
    }

    @Test
    void saysThePrecisionInWhichItReallyComputes() {
        // Its sizes are no multiples of 32, which is what products of digits want.
        org.junit.jupiter.api.Assumptions.assumeTrue(
                ENGINE.supportedPrecisions().contains(Precision.BF16), "this instruction set has no bf16");
        try (var m2 = load("m2-bert", Precision.BF16);
                var bge = load("bge", Precision.BF16)) {
            assertThat(m2.precision()).isEqualTo(Precision.F32);
            assertThat(bge.precision()).isEqualTo(Precision.BF16);
        }
    }

    private static EmbeddingModel load(String name, Precision precision) {
        return load(name, precision, null);
    }

    private static EmbeddingModel load(String name, Precision precision, @Nullable Integer maxTokens) {
        var options = new ModelOptions(name, precision, maxTokens, null, Map.of());
        return EmbeddingModel.load(ENGINE, ModelFolder.open(Fixtures.folder(name)), options);
    }

    private static List<String> texts(JsonNode cases) {
        var texts = new ArrayList<String>();
        cases.get("cases").forEach(one -> texts.add(one.path("prompt").asString("") + one.get("text").stringValue()));
        return texts;
    }

    private static String label(JsonNode one) {
        return one.get("label").stringValue();
    }
}
