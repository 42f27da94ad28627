package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.family.Families;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.Truncation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What sentence-transformers does behind the encoder, on folders with other modules than the fixtures'. The tiny encoder's
 * hidden states are held against the reference elsewhere; from them on, each step is written here a second time, in double.
 */
@Tag("reference")
final class SentenceModulesTest {
    private static final Engine ENGINE = Engine.create(new Engine.Settings(1, 1_000_000));
    private static final int HIDDEN = 32;
    private static final String TEXT = "The giant panda lives in China.";
    private static final String OLD = "sentence_transformers.models.";

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @BeforeEach
    void copy() throws IOException {
        Fixtures.copy("bge", folder);
    }

    @Test
    void aFolderWithoutModulesIsMeanPooledAndRaw() throws Exception {
        Files.delete(folder.resolve("modules.json"));

        same(embed(TEXT), mean(states(TEXT), 0));
    }

    @Test
    void bothSpellingsOfModulesAndPoolingMeanTheSame() throws Exception {
        pooling("{\"word_embedding_dimension\": 32, \"pooling_mode_cls_token\": true, \"pooling_mode_max_tokens\": true,"
                + " \"pooling_mode_mean_tokens\": true, \"pooling_mode_mean_sqrt_len_tokens\": true,"
                + " \"pooling_mode_weightedmean_tokens\": true, \"pooling_mode_lasttoken\": true}");
        modules(OLD + "Transformer", "", OLD + "Pooling", "1_Pooling");
        var old = embed(TEXT);
        pooling("{\"embedding_dimension\": 32, \"include_prompt\": true, \"pooling_mode\":"
                + " [\"cls\", \"max\", \"mean\", \"mean_sqrt_len_tokens\", \"weightedmean\", \"lasttoken\"]}");
        modules(
                "sentence_transformers.base.modules.transformer.Transformer", "",
                "sentence_transformers.sentence_transformer.modules.pooling.Pooling", "1_Pooling");

        var states = states(TEXT);
        int n = states.length;
        var max = new double[HIDDEN];
        var weighted = new double[HIDDEN];
        Arrays.fill(max, Double.NEGATIVE_INFINITY);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < HIDDEN; j++) {
                max[j] = Math.max(max[j], states[i][j]);
                weighted[j] += states[i][j] * (i + 1) / (n * (n + 1) / 2.0);
            }
        }
        var mean = mean(states, 0);
        same(old, states[0], max, mean, scaled(mean, Math.sqrt(n)), weighted, states[n - 1]);
        assertThat(embed(TEXT)).isEqualTo(old);
    }

    @Test
    void newerFilesConcatenateInTheirOwnOrder() throws Exception {
        pooling("{\"embedding_dimension\": 32, \"pooling_mode\": [\"mean\", \"cls\"]}");
        modules("x.Transformer", "", "x.Pooling", "1_Pooling");

        var states = states(TEXT);
        same(embed(TEXT), mean(states, 0), states[0]);
    }

    @ParameterizedTest
    @CsvSource({
        "torch.nn.modules.activation.Tanh,    true",
        "torch.nn.modules.linear.Identity,    false",
        "torch.nn.modules.activation.ReLU,    true",
        "torch.nn.modules.activation.GELU,    true",
        "torch.nn.modules.activation.SiLU,    false",
        "torch.nn.modules.activation.Sigmoid, true",
    })
    void denseLayersHaveTheirOwnWeights(String activation, boolean bias) throws Exception {
        modules(OLD + "Transformer", "", OLD + "Pooling", "1_Pooling", OLD + "Dense", "2_Dense", OLD + "Normalize", "3_Normalize");
        var weight = random(12 * HIDDEN, 1);
        var shift = random(12, 2);
        dense("2_Dense", HIDDEN, 12, weight, bias ? shift : null, activation);

        var first = states(TEXT)[0];
        var y = new double[12];
        for (int i = 0; i < y.length; i++) {
            double sum = bias ? shift[i] : 0;
            for (int j = 0; j < HIDDEN; j++) {
                sum += weight[i * HIDDEN + j] * first[j];
            }
            y[i] = activated(activation.substring(activation.lastIndexOf('.') + 1), sum);
        }
        same(embed(TEXT), unit(y));
    }

    @Test
    void modulesRunInTheirOrder() throws Exception {
        modules(
                "x.Transformer", "", "x.Pooling", "1_Pooling", "x.Normalize", "2_Normalize", "x.LayerNorm", "3_LayerNorm",
                "x.Dense", "4_Dense", "x.Dense", "5_Dense");
        var scale = random(HIDDEN, 3);
        var shift = random(HIDDEN, 4);
        Files.createDirectories(folder.resolve("3_LayerNorm"));
        Files.writeString(folder.resolve("3_LayerNorm/config.json"), "{\"dimension\": 32}");
        new TensorFile()
                .add("norm.weight", scale, HIDDEN)
                .add("norm.bias", shift, HIDDEN)
                .write(folder.resolve("3_LayerNorm/model.safetensors"));
        var up = random(40 * HIDDEN, 5);
        var down = random(5 * 40, 6);
        dense("4_Dense", HIDDEN, 40, up, null, "torch.nn.modules.linear.Identity");
        dense("5_Dense", 40, 5, down, null, "torch.nn.modules.linear.Identity");

        var x = unit(states(TEXT)[0]);
        double mean = Arrays.stream(x).average().orElseThrow();
        double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
        for (int i = 0; i < HIDDEN; i++) {
            x[i] = (x[i] - mean) / Math.sqrt(variance + 1e-5) * scale[i] + shift[i];
        }
        same(embed(TEXT), product(down, product(up, x)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mean", "weightedmean", "cls"})
    void aPromptsTokensCountInTheEncoderAndNotInThePooling(String mode) throws Exception {
        pooling("{\"embedding_dimension\": 32, \"pooling_mode\": \"%s\", \"include_prompt\": false}".formatted(mode));
        modules("x.Transformer", "", "x.Pooling", "1_Pooling");
        Files.writeString(folder.resolve("config_sentence_transformers.json"), """
                {"prompts": {"query": "what is ", "nothing": "", "null": null}, "default_prompt_name": null}""");
        int prompt = ids("what is ").length - 1; // with [CLS], without [SEP]

        var states = states("what is " + TEXT);
        var expected = switch (mode) {
            case "mean" -> mean(states, prompt);
            case "cls" -> states[prompt];
            default -> weightedMean(states, prompt);
        };
        same(embed(TEXT, EmbeddingOptions.DEFAULT.withPromptName("query")), expected);
        var bare = embed(TEXT);
        assertThat(embed(TEXT, EmbeddingOptions.DEFAULT.withPromptName("nothing"))).isEqualTo(bare);
        assertThat(embed(TEXT, EmbeddingOptions.DEFAULT.withPromptName("null"))).isEqualTo(bare);
        assertThat(bare).isNotEqualTo(embed(TEXT, EmbeddingOptions.DEFAULT.withPromptName("query")));
    }

    @Test
    void aTextCutAtItsStartLosesThePromptFirst() throws Exception {
        pooling("{\"embedding_dimension\": 32, \"pooling_mode\": \"mean\", \"include_prompt\": false}");
        modules("x.Transformer", "", "x.Pooling", "1_Pooling");
        Files.writeString(folder.resolve("config_sentence_transformers.json"), "{\"prompts\": {\"query\": \"what is \"}}");
        var options = EmbeddingOptions.DEFAULT.withPromptName("query");
        int whole = ids("what is " + TEXT).length;

        try (var model = load()) {
            var cut = new EmbeddingOptions(Truncation.START, "query", null, null, whole - 1);
            assertThat(model.tokenize(List.of(TEXT), options).texts().getFirst().prompt()).isEqualTo(3);
            assertThat(model.tokenize(List.of(TEXT), cut).texts().getFirst().prompt()).isEqualTo(2);
            var more = new EmbeddingOptions(Truncation.START, "query", null, null, whole - 4);
            assertThat(model.tokenize(List.of(TEXT), more).texts().getFirst().prompt()).isZero();
        }
    }

    @Test
    void aFoldersDefaultPromptAppliesUnlessAnotherIsAskedFor() throws Exception {
        Files.writeString(folder.resolve("config_sentence_transformers.json"), """
                {"prompts": {"query": "what is ", "passage": "text: "}, "default_prompt_name": "passage"}""");

        try (var model = load()) {
            var options = EmbeddingOptions.DEFAULT;
            assertThat(model.tokenize(List.of(TEXT), options).ids()).containsExactly(ids("text: " + TEXT));
            assertThat(model.tokenize(List.of(TEXT), options.withInputType("query")).ids()).containsExactly(ids("what is " + TEXT));
            assertThat(model.tokenize(List.of(TEXT), options.withInputType("search_document")).ids())
                    .containsExactly(ids("text: " + TEXT));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"prompts\": null, \"default_prompt_name\": null}", "{}", "{\"similarity_fn_name\": \"cosine\"}"})
    void aFolderMayHaveNoPrompts(String settings) throws Exception {
        Files.writeString(folder.resolve("config_sentence_transformers.json"), settings);

        try (var model = load()) {
            assertThat(model.prompts()).isEmpty();
            assertThat(model.tokenize(List.of(TEXT), EmbeddingOptions.DEFAULT.withInputType("query")).ids())
                    .containsExactly(ids(TEXT));
        }
    }

    @Test
    void settingsThatTheTokenizerStoresAreOverridden() throws Exception {
        var before = embed(TEXT);
        edit("tokenizer.json", json -> json.replaceFirst(
                        "\"truncation\"\\s*:\\s*null",
                        "\"truncation\":{\"direction\":\"Left\",\"max_length\":4,\"strategy\":\"LongestFirst\",\"stride\":0}")
                .replaceFirst(
                        "\"padding\"\\s*:\\s*null",
                        "\"padding\":{\"strategy\":{\"Fixed\":32},\"direction\":\"Right\",\"pad_to_multiple_of\":null,"
                                + "\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"[PAD]\"}"));
        assertThat(Files.readString(folder.resolve("tokenizer.json"))).contains("Fixed").contains("Left");

        assertThat(embed(TEXT)).isEqualTo(before);
    }

    @Test
    void modulesThatDoNotFitAreRefused() throws Exception {
        modules(OLD + "Transformer", "", OLD + "Pooling", "1_Pooling", OLD + "Dense", "2_Dense");
        dense("2_Dense", HIDDEN + 1, 4, random(4 * (HIDDEN + 1), 1), null, "torch.nn.modules.linear.Identity");
        refused("2_Dense/config.json: in_features is 33, but the vectors that come to it have 32 dimensions");
        dense("2_Dense", HIDDEN, 4, random(4 * HIDDEN, 1), null, "somebody.Swoosh");
        refused("2_Dense/config.json: activation_function Swoosh cannot be served");
        dense("2_Dense", HIDDEN, 4, random(4 * HIDDEN - 4, 1), null, "torch.nn.modules.linear.Identity");
        refused("linear.weight");
        modules(OLD + "Transformer", "", OLD + "Normalize", "2_Normalize", OLD + "Pooling", "1_Pooling");
        refused("modules.json: a Normalize module in front of Pooling cannot be served");
    }

    private void refused(String message) {
        assertThatThrownBy(this::load)
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }

    private EmbeddingModel load() {
        return EmbeddingModel.load(
                ENGINE, ModelFolder.open(folder), new ModelOptions("tiny", Precision.F32, null, null, Map.of()));
    }

    private float[] embed(String text) throws InterruptedException {
        return embed(text, EmbeddingOptions.DEFAULT);
    }

    /** Alone, and among others in one tile: the same. */
    private float[] embed(String text, EmbeddingOptions options) throws InterruptedException {
        try (var model = load()) {
            var alone = model.vectors(model.tokenize(List.of(text), options))[0];
            assertThat(model.vectors(model.tokenize(List.of("a", text, "other words"), options))[1]).isEqualTo(alone);
            assertThat(alone).hasSize(model.dimensions());
            return alone;
        }
    }

    private int[] ids(String text) {
        try (var tokenizer = ModelFolder.open(folder).tokenizer()) {
            return tokenizer.encode(text);
        }
    }

    /** The encoder's hidden states, {@code [tokens][hidden]}. */
    private double[][] states(String text) {
        var opened = ModelFolder.open(folder);
        try (var arena = Arena.ofShared();
                var checkpoint = opened.checkpoint();
                var worker = new Worker(Kernels.instance())) {
            var encoder = Families.encoder(opened, new Weights(checkpoint, Kernels.instance(), arena, Precision.F32));
            var tile = Tile.of(List.of(new Tokens(ids(text))));
            var matrix = encoder.forward(worker, tile, Rows.ALL);
            var states = new double[tile.tokens()][HIDDEN];
            for (int i = 0; i < states.length; i++) {
                for (int j = 0; j < HIDDEN; j++) {
                    states[i][j] = matrix.data().get(ValueLayout.JAVA_FLOAT, i * matrix.rowBytes() + j * 4L);
                }
            }
            return states;
        }
    }

    private static double[] mean(double[][] states, int from) {
        var mean = new double[HIDDEN];
        for (int i = from; i < states.length; i++) {
            for (int j = 0; j < HIDDEN; j++) {
                mean[j] += states[i][j] / (states.length - from);
            }
        }
        return mean;
    }

    private static double[] weightedMean(double[][] states, int from) {
        var sum = new double[HIDDEN];
        double weights = 0;
        for (int i = from; i < states.length; i++) {
            weights += i + 1;
            for (int j = 0; j < HIDDEN; j++) {
                sum[j] += states[i][j] * (i + 1);
            }
        }
        return scaled(sum, 1 / weights);
    }

    private static double[] unit(double[] x) {
        return scaled(x, 1 / Math.sqrt(Arrays.stream(x).map(v -> v * v).sum()));
    }

    private static double[] scaled(double[] x, double factor) {
        return Arrays.stream(x).map(v -> v * factor).toArray();
    }

    private static double[] product(float[] weight, double[] x) {
        var y = new double[weight.length / x.length];
        for (int i = 0; i < y.length; i++) {
            for (int j = 0; j < x.length; j++) {
                y[i] += weight[i * x.length + j] * x[j];
            }
        }
        return y;
    }

    private static double activated(String name, double x) {
        return switch (name) {
            case "Tanh" -> Math.tanh(x);
            case "ReLU" -> Math.max(0, x);
            case "SiLU" -> x / (1 + Math.exp(-x));
            case "Sigmoid" -> 1 / (1 + Math.exp(-x));
            case "GELU" -> x * integral(x);
            default -> x;
        };
    }

    /** The normal distribution function by Simpson's rule. */
    private static double integral(double x) {
        int steps = 20_000;
        double h = x / steps;
        double sum = 0;
        for (int i = 0; i <= steps; i++) {
            double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
            sum += weight * Math.exp(-i * h * i * h / 2);
        }
        return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
    }

    private static void same(float[] actual, double[]... parts) {
        var expected = Arrays.stream(parts).flatMapToDouble(Arrays::stream).toArray();
        assertThat(actual).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i]).as("dimension %d", i).isCloseTo(expected[i], within(1e-5));
        }
    }

    private static float[] random(int count, long seed) {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian(0, 0.25);
        }
        return values;
    }

    private void dense(String name, int in, int out, float[] weight, float @Nullable [] bias, String activation) throws IOException {
        Files.createDirectories(folder.resolve(name));
        Files.writeString(
                folder.resolve(name).resolve("config.json"),
                "{\"in_features\": %d, \"out_features\": %d, \"bias\": %b, \"activation_function\": \"%s\"}"
                        .formatted(in, out, bias != null, activation));
        var file = new TensorFile().add("linear.weight", weight, weight.length / in, in);
        if (bias != null) {
            file.add("linear.bias", bias, out);
        }
        file.write(folder.resolve(name).resolve("model.safetensors"));
    }

    private void pooling(String json) throws IOException {
        Files.writeString(folder.resolve("1_Pooling/config.json"), json);
    }

    /** Types and paths in turns. */
    private void modules(String... typesAndPaths) throws IOException {
        var entries = new ArrayList<String>();
        for (int i = 0; i < typesAndPaths.length; i += 2) {
            entries.add("{\"idx\": %d, \"name\": \"%d\", \"path\": \"%s\", \"type\": \"%s\"}"
                    .formatted(i / 2, i / 2, typesAndPaths[i + 1], typesAndPaths[i]));
        }
        Files.writeString(folder.resolve("modules.json"), "[" + String.join(",", entries) + "]");
    }

    private void edit(String file, UnaryOperator<String> change) throws IOException {
        Files.writeString(folder.resolve(file), change.apply(Files.readString(folder.resolve(file))));
    }
}
