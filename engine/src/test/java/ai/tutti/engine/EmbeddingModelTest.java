package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Truncation;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What callers ask of a model besides the vectors themselves; the tiny folder takes 64 tokens and gives 32 dimensions. */
final class EmbeddingModelTest {
    private static final Engine ENGINE = Engine.create(new Engine.Settings(1, 1_000_000));
    private static final EmbeddingModel MODEL = load("bge", false);
    private static final String LONG = "the giant panda lives in China ".repeat(40);

    @AfterAll
    static void close() {
        MODEL.close();
        ENGINE.close();
    }

    @Test
    void longTextsAreCutAtTheEndTheStartOrRefused() {
        int[] whole = allTokens(LONG);
        var end = MODEL.tokenize(List.of(LONG, "bear"), EmbeddingOptions.DEFAULT);
        var start = MODEL.tokenize(List.of(LONG), EmbeddingOptions.DEFAULT.withTruncation(Truncation.START));

        assertThat(end.ids().getFirst()).startsWith(Arrays.copyOf(whole, 63)).endsWith(102).hasSize(64);
        assertThat(end.truncatedTokens()).isEqualTo(whole.length - 64);
        assertThat(end.tokens()).isEqualTo(64 + end.ids().get(1).length);
        assertThat(start.ids().getFirst())
                .startsWith(101)
                .endsWith(Arrays.copyOfRange(whole, whole.length - 63, whole.length))
                .hasSize(64);
        refused(
                () -> MODEL.tokenize(List.of("bear", LONG), EmbeddingOptions.DEFAULT.withTruncation(Truncation.ERROR)),
                "input[1]",
                "input[1] has %d tokens; bge takes at most 64".formatted(whole.length));
    }

    @Test
    void aRequestsOwnLimitLiesWithinTheModels() {
        assertThat(MODEL.tokenize(List.of(LONG), limit(5)).ids().getFirst()).hasSize(5).startsWith(101).endsWith(102);
        refused(() -> MODEL.tokenize(List.of("a"), limit(2)), "max_tokens", "between 3 and 64 for bge, not 2");
        refused(() -> MODEL.tokenize(List.of("a"), limit(65)), "max_tokens", "between 3 and 64 for bge, not 65");
    }

    @Test
    void fewerDimensionsOnlyWhereTheModelWasTrainedForThem() throws InterruptedException {
        var shorter = EmbeddingOptions.DEFAULT.withDimensions(8);
        refused(() -> MODEL.tokenize(List.of("bear"), shorter), "dimensions", "was not trained for shorter vectors");
        assertThat(vector(MODEL, "bear", EmbeddingOptions.DEFAULT.withDimensions(32))).isEqualTo(MODEL.embed("bear"));
        try (var matryoshka = load("bge", true)) {
            var expected = Arrays.copyOf(MODEL.embed("bear"), 8);
            Vectors.normalize(expected);
            assertThat(vector(matryoshka, "bear", shorter)).isEqualTo(expected);
            for (int wrong : new int[] {0, -1, 33}) {
                refused(
                        () -> matryoshka.tokenize(List.of("bear"), EmbeddingOptions.DEFAULT.withDimensions(wrong)),
                        "dimensions",
                        "between 1 and 32 for bge, not " + wrong);
            }
        }
    }

    @Test
    void aModelOfRawVectorsIsCutWithoutScaling() throws InterruptedException {
        try (var raw = load("uae-large", true)) {
            var whole = raw.embed("bear");
            assertThat(vector(raw, "bear", EmbeddingOptions.DEFAULT.withDimensions(5))).isEqualTo(Arrays.copyOf(whole, 5));
        }
    }

    @Test
    void promptsGoInFrontOfEveryText() {
        var options = new ModelOptions("bge", Precision.F32, null, null, Map.of("query", "find: "));
        try (var model = EmbeddingModel.load(ENGINE, ModelFolder.open(Fixtures.folder("bge")), options)) {
            var asked = EmbeddingOptions.DEFAULT.withInputType("search_query");
            assertThat(model.prompts()).containsExactly(Map.entry("query", "find: "));
            assertThat(model.tokenize(List.of("bear", ""), asked).ids())
                    .containsExactly(allTokens("find: bear"), allTokens("find: "));
            assertThat(model.tokenize(List.of("bear"), EmbeddingOptions.DEFAULT).ids()).containsExactly(allTokens("bear"));
        }
    }

    @Test
    void tokensAreTakenAsTheyAreIfTheVocabularyHasThem() throws InterruptedException {
        var tokens = MODEL.acceptTokens(List.of(allTokens("bear")), EmbeddingOptions.DEFAULT);

        assertThat(MODEL.vectors(tokens)[0]).isEqualTo(MODEL.embed("bear"));
        refusedTokens("input[1] has no tokens");
        refusedTokens("input[1]: token ids of bge are from 0 to 1122, not 1123", 101, 1123);
        refusedTokens("input[1]: token ids of bge are from 0 to 1122, not -1", -1);
    }

    @Test
    void theCallersTokensAreTheCallersOwn() throws InterruptedException {
        var ids = allTokens("bear");
        var tokens = MODEL.acceptTokens(List.of(ids), EmbeddingOptions.DEFAULT);
        Arrays.fill(ids, Integer.MAX_VALUE);

        assertThat(MODEL.vectors(tokens)[0]).isEqualTo(MODEL.embed("bear"));
    }

    @Test
    void noTextsGiveNoVectors() throws InterruptedException {
        assertThat(MODEL.embed(List.of())).isEmpty();
        assertThat(MODEL.embed(List.of(""))).hasDimensions(1, 32);
    }

    @Test
    void aProbeIsARealPass() throws Exception {
        MODEL.probe(Duration.ofSeconds(30));
    }

    private static void refusedTokens(String message, int... ids) {
        refused(
                () -> MODEL.acceptTokens(List.of(new int[] {101, 102}, ids), EmbeddingOptions.DEFAULT), "input[1]", message);
    }

    private static void refused(ThrowingCallable call, String field, String message) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(InvalidInputException.class, e -> assertThat(e.field()).isEqualTo(field))
                .hasMessageContaining(message);
    }

    private static int[] allTokens(String text) {
        try (var tokenizer = ModelFolder.open(Fixtures.folder("bge")).tokenizer()) {
            return tokenizer.encode(text);
        }
    }

    private static EmbeddingOptions limit(int maxTokens) {
        return new EmbeddingOptions(Truncation.END, null, null, null, maxTokens);
    }

    private static float[] vector(EmbeddingModel model, String text, EmbeddingOptions options) throws InterruptedException {
        return model.vectors(model.tokenize(List.of(text), options))[0];
    }

    private static EmbeddingModel load(String name, boolean matryoshka) {
        var options = new ModelOptions(name, Precision.F32, null, matryoshka, Map.of());
        return EmbeddingModel.load(ENGINE, ModelFolder.open(Fixtures.folder(name)), options);
    }
}
