package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.family.Families;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.Truncation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What callers ask of a cross-encoder besides the scores themselves. The tiny folder takes 96 tokens: three special ones and 93
 * of query and document together.
 */
final class CrossEncoderTest {
    private static final Engine ENGINE = Engine.create(new Engine.Settings(1, 1_000_000));
    private static final int ROOM = 93;
    private static final RerankOptions DEFAULT = RerankOptions.DEFAULT;

    /** Words of one token each, as texts of any length are made of. */
    private static final List<String> WORDS = List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "k", "l", "m");

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @BeforeEach
    void copy() throws IOException {
        Fixtures.copy("ms-marco-minilm", folder);
    }

    @Test
    void whatIsTooLongLosesItsEndOrItsStart() throws InterruptedException {
        try (var model = load()) {
            int[] query = ids(text(0, 30));
            int[] document = ids(text(5, 100));
            var end = model.score(text(0, 30), List.of(text(5, 100), "a"), DEFAULT);
            var start = model.score(text(0, 30), List.of(text(5, 100)), DEFAULT.withTruncation(Truncation.START));

            assertThat(query).hasSize(30);
            assertThat(end.scores()).containsExactly(logit(query, Arrays.copyOf(document, 63)), logit(query, ids("a")));
            assertThat(end.tokens()).isEqualTo(96 + 34);
            assertThat(end.truncatedTokens()).isEqualTo(37);
            assertThat(start.scores()).containsExactly(logit(query, Arrays.copyOfRange(document, 37, 100)));
        }
    }

    @Test
    void bothAreCutWhereBothAreLong() throws InterruptedException {
        try (var model = load()) {
            var scores = model.score(text(0, 80), List.of(text(5, 100)), DEFAULT);

            assertThat(scores.scores())
                    .containsExactly(logit(ids(text(0, 46)), ids(text(5, 47))));
            assertThat(scores.truncatedTokens()).isEqualTo(80 + 100 - ROOM);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 40})
    void theBestWindowOfALongDocumentCounts(int overlap) throws InterruptedException {
        try (var model = load()) {
            int[] query = ids(text(0, 20));
            int[] document = ids(text(3, 300));
            int size = ROOM - 20;
            float best = Float.NEGATIVE_INFINITY;
            int windows = 0;
            int tokens = 0;
            for (int from = 0; from == 0 || from + overlap < 300; from += size - overlap) {
                var window = Arrays.copyOfRange(document, from, Math.min(300, from + size));
                best = Math.max(best, logit(query, window));
                windows++;
                tokens += window.length;
            }
            var scores = model.score(text(0, 20), List.of("a", text(3, 300)), DEFAULT.withChunks(windows, overlap));

            assertThat(scores.scores()).containsExactly(logit(query, ids("a")), best);
            assertThat(scores.tokens()).isEqualTo(24 + windows * 23 + tokens);
            assertThat(scores.truncatedTokens()).isZero();
        }
    }

    @Test
    void whatMoreWindowsWouldTakeIsCut() throws InterruptedException {
        try (var model = load()) {
            int[] query = ids(text(0, 20));
            int[] document = ids(text(3, 300));
            var end = model.score(text(0, 20), List.of(text(3, 300)), DEFAULT.withChunks(2, 3));
            var start = model.score(
                    text(0, 20), List.of(text(3, 300)), DEFAULT.withChunks(2, 3).withTruncation(Truncation.START));

            assertThat(end.scores()).containsExactly(Math.max(
                    logit(query, Arrays.copyOf(document, 73)), logit(query, Arrays.copyOfRange(document, 70, 143))));
            assertThat(end.truncatedTokens()).isEqualTo(300 - 143);
            assertThat(start.scores()).containsExactly(Math.max(
                    logit(query, Arrays.copyOfRange(document, 157, 230)), logit(query, Arrays.copyOfRange(document, 227, 300))));
        }
    }

    @Test
    void besideWindowsAQueryKeepsThreeQuartersOfTheRoom() throws InterruptedException {
        try (var model = load()) {
            var scores = model.score(text(0, 80), List.of(text(3, 30), "a"), DEFAULT.withChunks(2, null));

            int[] query = ids(text(0, 69));
            int[] document = ids(text(3, 30));
            assertThat(scores.scores()).containsExactly(
                    Math.max(logit(query, Arrays.copyOf(document, 24)), logit(query, Arrays.copyOfRange(document, 24, 30))),
                    logit(ids(text(0, 80)), ids("a")));
            assertThat(scores.truncatedTokens()).isEqualTo(11);
        }
    }

    @Test
    void aDocumentsTokensCanBeLimited() throws InterruptedException {
        try (var model = load()) {
            var scores = model.score("a", List.of("b c d", "b c"), DEFAULT.withMaxTokensPerDocument(2));

            assertThat(scores.scores()[0]).isEqualTo(scores.scores()[1]).isEqualTo(logit(ids("a"), ids("b c")));
            assertThat(scores.truncatedTokens()).isEqualTo(1);
        }
    }

    @Test
    void whatIsWrongIsNamed() {
        try (var model = load()) {
            var strict = DEFAULT.withTruncation(Truncation.ERROR);
            refused(
                    () -> model.score(text(0, 30), List.of("a", text(5, 100)), strict),
                    "documents[1]",
                    "documents[1] has 100 tokens; tiny takes at most 63 beside the query (truncate is 'error')");
            refused(() -> model.score(text(0, 100), List.of("a"), strict), "query", "query has 100 tokens");
            refused(
                    () -> model.score("a", List.of(text(0, 400)), strict.withChunks(3, 10)),
                    "documents[0]",
                    "documents[0] has 400 tokens; tiny takes at most 256 beside the query");
            refused(() -> model.score("a", List.of("b c"), strict.withMaxTokensPerDocument(1)), "documents[0]", "max_tokens_per_doc");
            refused(() -> model.score("a", List.of("b"), DEFAULT.withChunks(2, 92)), "overlap", "less than 92");
            refused(() -> model.score("a", List.of("b", "c"), DEFAULT.withMaxTotalTokens(9)), "documents", "have 10 tokens or more");
        }
    }

    @Test
    void noDocumentsGiveNoScores() throws Exception {
        try (var model = load()) {
            assertThat(model.score("a", List.of(), DEFAULT).scores()).isEmpty();
            assertThat(model.score("", List.of(""), DEFAULT).tokens()).isEqualTo(3);
            model.probe(Duration.ofSeconds(30));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            config.json                        | "sentence_transformers": {"activation_fn": "torch.nn.modules.activation.Sigmoid"}   | true
            config.json                        | "sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"}      | false
            config.json                        | "sbert_ce_default_activation_function": "torch.nn.modules.activation.Sigmoid"       | true
            config.json                        | "unknown": 1                                                                        | true
            config_sentence_transformers.json  | "model_type": "CrossEncoder", "activation_fn": "torch.nn.modules.activation.Sigmoid" | true
            config_sentence_transformers.json  | "model_type": "CrossEncoder", "activation_fn": "torch.nn.modules.linear.Identity"   | false
            """)
    void scoresAreActivatedAsTheFolderDeclares(String file, String keys, boolean sigmoid) throws Exception {
        var config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replaceFirst("\"sbert_ce_default_activation_function\": \"[^\"]*\"", "\"was\": 0"));
        var path = folder.resolve(file);
        var json = Files.exists(path) ? Files.readString(path) : "{\"prompts\": {}}";
        Files.writeString(path, json.replaceFirst("\\{", "{" + keys + ", "));
        try (var model = load()) {
            float logit = logit(ids("a"), ids("b"));
            float expected = sigmoid ? (float) (1 / (1 + Math.exp(-logit))) : logit;
            assertThat(model.score("a", List.of("b"), DEFAULT).scores()[0]).isCloseTo(expected, within(1e-6f));
            assertThat(model.score("a", List.of("b"), DEFAULT.withRawScores(true)).scores()).containsExactly(logit);
            assertThat(model.scoreDescription()).startsWith(sigmoid ? "sigmoid" : "logit");
        }
    }

    @Test
    void aFolderSavedByVersionSixHasModules() throws Exception {
        Files.writeString(folder.resolve("modules.json"), """
                [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"}]""");
        Files.writeString(folder.resolve("sentence_bert_config.json"), """
                {"transformer_task": "sequence-classification", "modality_config": {"text": {"method": "forward",
                "method_output_name": "logits"}}, "module_output_name": "scores"}""");
        Files.writeString(folder.resolve("config_sentence_transformers.json"), """
                {"model_type": "CrossEncoder", "prompts": {}, "default_prompt_name": null,
                "activation_fn": "torch.nn.modules.linear.Identity"}""");
        try (var model = load()) {
            assertThat(model.maxTokens()).isEqualTo(96);
            assertThat(model.score("a", List.of("b"), DEFAULT).scores()).containsExactly(logit(ids("a"), ids("b")));
        }
    }

    @Test
    void aFoldersDefaultPromptStandsInFrontOfTheQuery() throws Exception {
        Files.writeString(folder.resolve("config_sentence_transformers.json"), """
                {"prompts": {"web": "c d "}, "default_prompt_name": "web"}""");
        try (var model = load()) {
            assertThat(model.score("a", List.of("b"), DEFAULT).scores()).containsExactly(logit(ids("c d a"), ids("b")));
        }
    }

    @Test
    void settingsThatTheTokenizerStoresAreOverridden() throws Exception {
        var file = folder.resolve("tokenizer.json");
        Files.writeString(file, Files.readString(file)
                .replaceFirst(
                        "\"truncation\"\\s*:\\s*null",
                        "\"truncation\":{\"direction\":\"Left\",\"max_length\":4,\"strategy\":\"OnlySecond\",\"stride\":0}")
                .replaceFirst(
                        "\"padding\"\\s*:\\s*null",
                        "\"padding\":{\"strategy\":{\"Fixed\":128},\"direction\":\"Left\",\"pad_to_multiple_of\":null,"
                                + "\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"[PAD]\"}"));
        assertThat(Files.readString(file)).contains("OnlySecond").contains("Fixed");
        try (var model = load()) {
            assertThat(model.score("a", List.of("b c d"), DEFAULT).tokens()).isEqualTo(7);
        }
    }

    @Test
    void aTokenizerThatGivesNoTypesMeansTypeZero() throws Exception {
        var file = folder.resolve("tokenizer_config.json");
        Files.writeString(
                file, Files.readString(file).replaceFirst("\\{", "{\"model_input_names\": [\"input_ids\", \"attention_mask\"], "));
        try (var model = load()) {
            var scores = model.score("a", List.of("b"), DEFAULT).scores();
            assertThat(scores).containsExactly(logit(ids("a"), ids("b"), 5));
            assertThat(scores[0]).isNotEqualTo(logit(ids("a"), ids("b")));
        }
    }

    @Test
    void modelsThatAreNoRerankersAreRefused() throws Exception {
        assertThatThrownBy(() -> CrossEncoder.load(ENGINE, ModelFolder.open(Fixtures.folder("bge")), ModelOptions.named("bge")))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("config.json: BertModel gives no scores");
        twoLabels();
        assertThatThrownBy(this::load)
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("config.json: the model gives 2 scores a pair, and a reranker gives one");
    }

    private void twoLabels() throws IOException {
        var file = new TensorFile();
        try (var arena = Arena.ofShared();
                var checkpoint = ModelFolder.open(folder).checkpoint()) {
            var weights = new Weights(checkpoint, Kernels.instance(), arena, Precision.F32);
            for (var name : checkpoint.names()) {
                var shape = java.util.Objects.requireNonNull(checkpoint.find(name)).shape();
                if (!name.endsWith("position_ids")) {
                    var values = weights.floats(name, shape);
                    var sizes = Arrays.stream(shape).mapToInt(Math::toIntExact).toArray();
                    if (name.startsWith("classifier")) {
                        sizes[0] = 2;
                        values = Arrays.copyOf(values, 2 * values.length);
                    }
                    file.add(name, values, sizes);
                }
            }
        }
        file.write(folder.resolve("model.safetensors"));
        var config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"0\": \"LABEL_0\"", "\"0\": \"LABEL_0\", \"1\": \"LABEL_1\""));
    }

    private CrossEncoder load() {
        return CrossEncoder.load(
                ENGINE, ModelFolder.open(folder), new ModelOptions("tiny", Precision.F32, null, null, Map.of()));
    }

    private static void refused(ThrowingCallable call, String field, String message) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(InvalidInputException.class, e -> assertThat(e.field()).isEqualTo(field))
                .hasMessageContaining(message);
    }

    /** Words, another text for each beginning. */
    private static String text(int first, int words) {
        return String.join(" ", IntStream.range(first, first + words)
                .mapToObj(i -> WORDS.get(i * i % WORDS.size()))
                .toList());
    }

    private int[] ids(String text) {
        try (var tokenizer = ModelFolder.open(folder).tokenizer()) {
            var ids = tokenizer.encode(text);
            return Arrays.copyOfRange(ids, 1, ids.length - 1);
        }
    }

    /** The head's logit of {@code [CLS] first [SEP] second [SEP]}, all by itself. */
    private float logit(int[] first, int[] second) {
        return logit(first, second, first.length + 2);
    }

    private float logit(int[] first, int[] second, int type1) {
        int[] ids = new int[first.length + second.length + 3];
        ids[0] = 101;
        System.arraycopy(first, 0, ids, 1, first.length);
        ids[first.length + 1] = 102;
        System.arraycopy(second, 0, ids, first.length + 2, second.length);
        ids[ids.length - 1] = 102;
        var opened = ModelFolder.open(folder);
        try (var arena = Arena.ofShared();
                var checkpoint = opened.checkpoint();
                var worker = new Worker(Kernels.instance())) {
            var weights = new Weights(checkpoint, Kernels.instance(), arena, Precision.F32);
            var encoder = Families.encoder(opened, weights);
            var head = Families.head(opened, weights);
            var tile = Tile.of(List.of(new Tokens(ids, type1)));
            return head.apply(worker, encoder.forward(worker, tile, head.rows()), tile)[0][0];
        }
    }
}
