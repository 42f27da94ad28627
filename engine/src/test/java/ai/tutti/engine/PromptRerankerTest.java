package ai.tutti.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.RerankPrompt.Answer;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Truncation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers and operators ask of a model under a prompt besides the scores themselves. */
final class PromptRerankerTest {
    private static final Engine ENGINE = Engine.create(new Engine.Settings(2, 1_000_000));
    private static final String MXBAI = "mxbai-rerank-v2";
    private static final String QWEN3 = "qwen3-reranker";
    private static final RerankOptions RAW = RerankOptions.DEFAULT.withRawScores(true);

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {MXBAI, QWEN3})
    void ofADocumentThatIsTooLongTheEndIsCutOrTheStart(String name) throws InterruptedException {
        try (var model = load(name)) {
            var whole = model.score("find", List.of(words(0, 400)), RAW);
            int cut = (int) whole.truncatedTokens();
            assertThat(whole.tokens()).isEqualTo(model.maxTokens());
            assertThat(cut).isBetween(100, 400);
            assertThat(model.score("find", List.of(words(0, 400 - cut)), RAW).scores()).containsExactly(whole.scores());
            assertThat(model.score("find", List.of(words(cut, 400)), RAW).scores())
                    .containsExactly(model.score("find", List.of(words(0, 400)), RAW.withTruncation(Truncation.START))
                            .scores());
            refused("documents[1]", () -> model.score(
                    "find", List.of("a", words(0, 400)), RAW.withTruncation(Truncation.ERROR)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {MXBAI, QWEN3})
    void onlySoManyTokensOfADocumentCount(String name) throws InterruptedException {
        try (var model = load(name)) {
            var scores = model.score("find", List.of(words(0, 30), words(0, 3)), RAW.withMaxTokensPerDocument(5));
            assertThat(scores.scores())
                    .containsExactly(model.score("find", List.of(words(0, 5), words(0, 3)), RAW).scores());
            assertThat(scores.truncatedTokens()).isEqualTo(25);
        }
    }

    @ParameterizedTest
    @CsvSource({"mxbai-rerank-v2, 0", "mxbai-rerank-v2, 7", "qwen3-reranker, 0", "qwen3-reranker, 30"})
    void theBestWindowOfALongDocumentCounts(String name, int overlap) throws InterruptedException {
        try (var model = load(name)) {
            int size = 400 - (int) model.score("find", List.of(words(0, 400)), RAW).truncatedTokens();
            float best = Float.NEGATIVE_INFINITY;
            for (int from = 0; from == 0 || from + overlap < 400; from += size - overlap) {
                var window = words(from, Math.min(400, from + size));
                best = Math.max(best, model.score("find", List.of(window), RAW).scores()[0]);
            }
            var scores = model.score("find", List.of(words(0, 400)), RAW.withChunks(50, overlap));
            assertThat(scores.scores()).containsExactly(best);
            assertThat(scores.truncatedTokens()).isZero();
            refused("overlap", () -> model.score("find", List.of("a"), RAW.withChunks(2, size)));
        }
    }

    /** As the reference cuts a body: a query that takes all the room leaves nothing of any document. */
    @Test
    void aQueryThatTakesAllTheRoomLeavesNothingOfADocument() throws InterruptedException {
        try (var model = load(QWEN3)) {
            var scores = model.score(words(0, 400), List.of("a", words(3, 9)), RAW);
            assertThat(scores.scores()[0]).isEqualTo(scores.scores()[1]);
            assertThat(scores.tokens()).isEqualTo(2L * model.maxTokens());
            refused("query", () -> model.score(words(0, 400), List.of("a"), RAW.withTruncation(Truncation.ERROR)));
            var windows = model.score(words(0, 400), List.of("a", words(3, 9)), RAW.withChunks(9, null));
            assertThat(windows.scores()[0]).isNotEqualTo(windows.scores()[1]);
        }
    }

    @Test
    void whereNoMemoryIsLeftForWhatDocumentsShareTheScoresAreTheSame() throws InterruptedException {
        try (var model = load(QWEN3)) {
            var documents = List.of(words(0, 9), words(3, 30), "");
            var shared = model.score("find", documents, RAW).scores();
            assertThat(ENGINE.prefixRoom().taken()).isZero();
            long all = 1L << 30;
            assertThat(ENGINE.prefixRoom().take(all)).isTrue();
            try {
                assertThat(model.score("find", documents, RAW).scores()).containsExactly(shared);
            } finally {
                ENGINE.prefixRoom().giveBack(all);
            }
        }
    }

    @Test
    void tokensAreCountedBeforeTheyAreComputed() {
        try (var model = load(MXBAI)) {
            refused("documents", () -> model.score("find", Collections.nCopies(9, "a"), RAW.withMaxTotalTokens(1000)));
        }
    }

    @Test
    void theQueueIsEmptyAfterARequestHoweverItEnds() throws InterruptedException {
        try (var model = load(QWEN3)) {
            try (var stream = model.start("find", Collections.nCopies(500, words(0, 20)), RAW)) {
                stream.next();
            }
            model.start("find", Collections.nCopies(500, words(0, 20)), RAW).close();
            var reader = Thread.currentThread();
            try (var stream = model.start("find", Collections.nCopies(500, words(0, 20)), RAW)) {
                reader.interrupt();
                assertThatThrownBy(() -> { // what is there already is given without waiting
                            for (int i = 0; i < 500; i++) {
                                stream.next();
                            }
                        })
                        .isInstanceOf(InterruptedException.class);
            }
            assertThat(model.score("find", List.of("a"), RAW).scores()).hasSize(1);
            for (int i = 0; ENGINE.load().reservedTokens() > 0 && i < 500; i++) {
                Thread.sleep(10);
            }
            assertThat(ENGINE.load().reservedTokens()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "mixedbread-ai/mxbai-rerank-base-v2, 0, 0, 4.5",
        "mixedbread-ai/Mxbai-Rerank-Large-V2, 896, 24, 6.0",
        "mine, 896, 24, 4.5",
        "mine, 1536, 28, 6.0",
        "mine, 0, 0, 6.0"
    })
    void theBaseModelsScoresAreNormalizedByItsOwnEstimate(String name, int hidden, int layers, double midpoint)
            throws IOException {
        Fixtures.copy(MXBAI, folder);
        if (hidden > 0) {
            replace("\"hidden_size\": 48", "\"hidden_size\": " + hidden);
            replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": " + layers);
        }
        var prompt = RerankPrompt.MXBAI_RERANK_V2.of(name, ModelFolder.open(folder).config());
        assertThat(prompt.midpoint()).isEqualTo(midpoint);
    }

    /** A classifier made of the two answers' rows of the output table scores as the language model does. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void convertedClassifiersScoreAsTheLanguageModelDoes(int labels) throws IOException, InterruptedException {
        Fixtures.copy(QWEN3, folder);
        int hidden = 32;
        var cases = Fixtures.cases(QWEN3);
        float[] yes = new float[hidden];
        float[] no = new float[hidden];
        var file = new TensorFile();
        try (var checkpoint = ModelFolder.open(folder).checkpoint()) {
            for (var name : checkpoint.names()) {
                var tensor = requireNonNull(checkpoint.find(name));
                int count = (int) Arrays.stream(tensor.shape()).reduce(1, (a, b) -> a * b);
                var values = new float[count];
                Floats.read(tensor.data(), tensor.dtype(), 0, 1, values, 0, count);
                file.add("model." + name, values, Arrays.stream(tensor.shape()).mapToInt(Math::toIntExact).toArray());
                if (name.equals("embed_tokens.weight")) {
                    System.arraycopy(values, cases.get("true_token_id").intValue() * hidden, yes, 0, hidden);
                    System.arraycopy(values, cases.get("false_token_id").intValue() * hidden, no, 0, hidden);
                }
            }
        }
        float[] score = new float[labels * hidden];
        for (int i = 0; i < hidden; i++) {
            score[i] = labels == 1 ? yes[i] - no[i] : no[i];
            score[(labels - 1) * hidden + i] = labels == 1 ? score[i] : yes[i];
        }
        file.add("score.weight", score, labels, hidden).write(folder.resolve("model.safetensors"));
        var names = labels == 1 ? "{\"0\": \"LABEL_0\"}" : "{\"0\": \"no\", \"1\": \"yes\"}";
        replace("\"Qwen3ForCausalLM\"\n  ],", "\"Qwen3ForSequenceClassification\"\n  ],\n  \"id2label\": " + names + ",");
        try (var original = load(QWEN3);
                var converted = load(folder, RerankPrompt.QWEN3_RERANKER)) {
            var documents = List.of("solar panels", "a river", "");
            float[] expected = original.score("power", documents, RAW).scores();
            float[] scores = converted.score("power", documents, RAW).scores();
            for (int i = 0; i < scores.length; i++) {
                assertThat(scores[i]).isCloseTo(expected[i], within(2e-5f));
            }
        }
        if (labels == 2) {
            assertThatThrownBy(() -> load(folder, null).close())
                    .isInstanceOf(ModelLoadException.class)
                    .hasMessageContaining("the model gives 2 scores a pair");
        }
    }

    @Test
    void aPromptOfTheOperatorsOwnIsThePublishedOneWhenItSaysTheSame() throws InterruptedException {
        var published = RerankPrompt.QWEN3_RERANKER;
        var own = RerankPrompt.custom(
                published.before(),
                "<Instruct>: {instruction}\n<Query>: {query}\n",
                "<Document>: {document}",
                published.after().getFirst(),
                "Given a web search query, retrieve relevant passages that answer the query",
                new Answer.Words("yes", "no"));
        try (var first = load(QWEN3);
                var second = load(Fixtures.folder(QWEN3), own)) {
            var options = RerankOptions.DEFAULT.withInstruction("Find {query} and {document}.");
            for (var one : List.of(RerankOptions.DEFAULT, options)) {
                assertThat(second.score("q {document}", List.of("a {query}", "b"), one).scores())
                        .containsExactly(first.score("q {document}", List.of("a {query}", "b"), one).scores());
            }
        }
    }

    @Test
    void whatAPromptLacksIsSaid() {
        var answer = new Answer.Words("yes", "no");
        assertThatThrownBy(() -> RerankPrompt.custom("", "find", "{document}", "?", null, answer))
                .hasMessage("query must hold {query} once");
        assertThatThrownBy(() -> RerankPrompt.custom("", "{query}", "{document} it", "?", null, answer))
                .hasMessage("document must end with {document}");
        assertThatThrownBy(() -> RerankPrompt.custom("", "{query}", "{document}", "", null, answer))
                .hasMessageContaining("something behind the document");
        assertThatThrownBy(() -> RerankPrompt.custom("", "{instruction} {query}", "{document}", "?", null, answer))
                .hasMessageContaining("instruction must say");
        assertThatThrownBy(() -> RerankPrompt.custom("", "{query}", "{document}", "?", "x", answer))
                .hasMessageContaining("instruction has no place");
        var longWords = RerankPrompt.custom("", "{query}", "{document}", "?", null, new Answer.Words("certainly", "no"));
        assertThatThrownBy(() -> load(Fixtures.folder(QWEN3), longWords).close())
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("its answer \"certainly\" is")
                .hasMessageContaining("must be one");
        var noInstruction = RerankPrompt.custom("", "{query}", "{document}", "?", null, answer);
        try (var model = load(Fixtures.folder(QWEN3), noInstruction)) {
            refused("instruction", () -> model.score("q", List.of("d"), RAW.withInstruction("x")));
        }
    }

    @Test
    void aLanguageModelOfWhichNothingSaysHowItScoresIsRefused() {
        assertThatThrownBy(() -> load(Fixtures.folder(MXBAI), null).close())
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("config.json: Qwen2ForCausalLM is a language model")
                .hasMessageContaining("set template: (mxbai-rerank-v2, qwen3-reranker, or one of your own) for tiny")
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }

    private void replace(String old, String fresh) throws IOException {
        var config = folder.resolve("config.json");
        var text = Files.readString(config);
        assertThat(text).contains(old);
        Files.writeString(config, text.replace(old, fresh));
    }

    /** Words of one token each behind a space. */
    private static String words(int from, int to) {
        var letters = List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "k", "l", "m");
        return String.join(
                " ", IntStream.range(from, to).mapToObj(i -> letters.get(i % letters.size())).toList());
    }

    private static void refused(String field, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(InvalidInputException.class)
                .satisfies(e -> assertThat(((InvalidInputException) e).field()).isEqualTo(field));
    }

    private static RerankModel load(String name) {
        return load(Fixtures.folder(name), RerankPrompt.named(name));
    }

    private static RerankModel load(Path folder, @Nullable RerankPrompt prompt) {
        var options = new ModelOptions("tiny", Precision.F32, null, null, Map.of()).withTemplate(prompt);
        return RerankModel.load(ENGINE, ModelFolder.open(folder), options);
    }
}
