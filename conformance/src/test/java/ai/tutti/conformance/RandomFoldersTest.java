package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.CrossEncoder;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.RerankOptions;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.engine.text.Truncation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tiny random folders of every encoder family, in the layouts and spellings that published ones have: what the engine gives
 * is what sentence-transformers gives for them in the same run.
 *
 * <p>The seed is the property {@code tutti.reference.seed}, the number of folders of each family and kind
 * {@code tutti.reference.each}.
 */
@Order(Integer.MAX_VALUE) // by then what it needs is installed
final class RandomFoldersTest {
    private static final Path FOLDERS = Folders.TARGET.resolve("random_folders");
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final float UNIT_VECTORS = 1e-5f;
    private static final float RAW = 5e-5f;
    private static final float SIGMOIDS = 2e-5f;

    private static final Engine ENGINE = Engine.create(new Engine.Settings(2, 1_000_000));

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @TestFactory
    Stream<DynamicTest> equalTheReference() {
        make();
        return folders().stream().map(folder -> {
            JsonNode cases = cases(folder);
            boolean embedding = cases.get("kind").stringValue().equals("embedding");
            return DynamicTest.dynamicTest(
                    "%s (%s)".formatted(folder.getFileName(), cases.get("note").stringValue()),
                    folder.toUri(),
                    () -> {
                        if (embedding) {
                            embeds(folder, cases);
                        } else {
                            scores(folder, cases);
                        }
                    });
        });
    }

    private static void make() {
        Path python = Installation.python("sentence-transformers").resolve("bin/python");
        var line = List.of(
                python.toString(),
                Folders.SCRIPTS.resolve("random_folders/make_folders.py").toString(),
                FOLDERS.toString(),
                "--seed",
                System.getProperty("tutti.reference.seed", "1"),
                "--each",
                System.getProperty("tutti.reference.each", "5"));
        new Command(line, Folders.TARGET, Installation.PYTHON, PATIENCE).run();
    }

    private static void embeds(Path folder, JsonNode cases) throws InterruptedException {
        try (var model = EmbeddingModel.load(ENGINE, ModelFolder.open(folder), options(folder))) {
            float tolerance = tolerance(cases, cases.get("normalized").booleanValue() ? UNIT_VECTORS : RAW);
            for (JsonNode one : cases.get("cases")) {
                String text = one.get("text").stringValue();
                var prompt = one.hasNonNull("prompt_name") ? one.get("prompt_name").stringValue() : null;
                var tokenized = model.tokenize(List.of(text), new EmbeddingOptions(Truncation.END, prompt, null, null, null));
                assertThat(tokenized.ids().getFirst()).as(text).isEqualTo(ints(one.get("ids")));
                assertThat(model.vectors(tokenized)[0])
                        .as(text)
                        .containsExactly(floats(one.get("vector")), within(tolerance));
            }
        }
    }

    private static void scores(Path folder, JsonNode cases) throws InterruptedException {
        try (var model = CrossEncoder.load(ENGINE, ModelFolder.open(folder), options(folder))) {
            float logits = tolerance(cases, RAW);
            float scores = tolerance(cases, cases.get("normalized").booleanValue() ? SIGMOIDS : RAW);
            for (JsonNode one : cases.get("cases")) {
                String query = one.get("query").stringValue();
                for (JsonNode document : one.get("documents")) {
                    var texts = List.of(document.get("text").stringValue());
                    var raw = model.score(query, texts, RerankOptions.DEFAULT.withRawScores(true));
                    var score = model.score(query, texts, RerankOptions.DEFAULT);
                    assertThat(raw.tokens()).as(query).isEqualTo(document.get("ids").size());
                    assertThat(raw.scores()[0]).as(query).isCloseTo(document.get("logit").floatValue(), within(logits));
                    assertThat(score.scores()[0]).as(query).isCloseTo(document.get("score").floatValue(), within(scores));
                }
            }
        }
    }

    /** A folder whose numbers are ill-conditioned allows what the reference itself is off in float32. */
    private static float tolerance(JsonNode cases, float usual) {
        return Math.max(usual, 4 * cases.get("float32_vs_float64").floatValue());
    }

    private static ModelOptions options(Path folder) {
        return new ModelOptions(folder.getFileName().toString(), Precision.F32, null, null, Map.of());
    }

    private static JsonNode cases(Path folder) {
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(folder.resolve("cases.json")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int[] ints(JsonNode list) {
        return list.valueStream().mapToInt(JsonNode::intValue).toArray();
    }

    private static float[] floats(JsonNode list) {
        var floats = new float[list.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = list.get(i).floatValue();
        }
        return floats;
    }

    private static List<Path> folders() {
        try (Stream<Path> folders = Files.list(FOLDERS)) {
            return folders.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
