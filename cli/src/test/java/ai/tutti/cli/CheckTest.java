package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.Reproduction;
import ai.tutti.engine.checkpoint.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

final class CheckTest {
    private static final Path M2 = Path.of("../engine/src/test/resources/fixtures/folders/m2-bert").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    @Test
    void vectorsOfTheReferenceAgree() throws IOException {
        var lines = new ArrayList<String>();
        for (var one : JsonMapper.shared().readTree(Files.readAllBytes(M2.resolve("cases.json"))).path("cases")) {
            lines.add(line(one.path("text").stringValue(), one.path("vector")));
        }

        Command run = check(lines);

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("as the reference does it: cosine median 1.00000", "The vectors agree");
    }

    @Test
    void namesTheWayInWhichOthersWereMade() throws Exception {
        List<String> texts = List.of("What is the capital of France?", "Pandas eat bamboo.", "One, two, three!", "Nothing.");
        var reproduction = new Reproduction(Reproduction.Padding.NONE, null, true);
        float[][] vectors;
        try (Engine engine = Engine.create(new Engine.Settings(1, 100_000));
                EmbeddingModel model = EmbeddingModel.load(
                        engine, ModelFolder.open(M2), ModelOptions.named("m2").withReproduction(reproduction))) {
            vectors = model.embed(texts);
        }
        var lines = new ArrayList<String>();
        for (int i = 0; i < vectors.length; i++) {
            lines.add(line(texts.get(i), vectors[i]));
        }

        Command run = check(lines);

        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("do not agree", "They were made with padding: none.", "set normalize: true");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            hello                                | line 1: is no JSON
            {"embedding": [1]}                   | line 1: needs a text
            {"text": "a", "embedding": "b"}      | line 1: embedding must be a list of numbers
            {"text": "a", "embedding": [1, 2]}   | gives vectors of 48 dimensions, but those of the file have 2
            """)
    void anythingElseIsOneLine(String line, String message) throws IOException {
        Command run = check(List.of(line));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1).first().asString().startsWith("tutti: ").contains(message);
    }

    private static String line(String text, Object vector) {
        return JsonMapper.shared().writeValueAsString(Map.of("text", text, "embedding", vector));
    }

    private Command check(List<String> lines) throws IOException {
        Path file = Files.write(folder.resolve("vectors.jsonl"), lines);
        return Command.run(folder, Map.of(), "check", "m2=" + M2, "--against", file.toString());
    }
}
