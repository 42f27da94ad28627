package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.hub.Hub;
import ai.tutti.hub.ModelSpec;
import ai.tutti.server.TuttiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code tutti embed}, {@code similarity} and {@code rerank} with the bundled model, in this process and by a server. */
final class EmbedTest {
    private static TuttiServer server;

    @TempDir
    private Path folder;

    @BeforeAll
    static void serve() {
        server = TuttiServer.start(Settings.of(new Configuration(
                Map.of(Setting.PORT, List.of(new Given("0", "test")), Setting.THREADS, List.of(new Given("1", "test"))), Map.of())));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void givesTheLibrarysVectorsInTheOrderOfTheTexts(boolean byServer) throws Exception {
        List<String> texts = IntStream.range(0, 250).mapToObj(i -> "text " + i + " of many".repeat(i % 7)).toList();
        Path input = Files.write(folder.resolve("in.txt"), texts);
        Path output = folder.resolve("out.jsonl");

        Command run = run(place(byServer, "embed", "--input", input.toString(), "--output", output.toString()));

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("out.jsonl: 250 texts in ");
        List<JsonNode> rows = lines(Files.readString(output));
        assertThat(rows).extracting(row -> row.path("text").stringValue()).isEqualTo(texts);
        float[][] vectors = vectors(texts);
        for (int i = 0; i < vectors.length; i++) {
            assertThat(vector(rows.get(i))).as(texts.get(i)).isEqualTo(vectors[i]);
        }
        assertThat(folder.resolve("out.jsonl.run")).doesNotExist();
    }

    @Test
    void argumentsGoToStandardOutput() {
        Command run = run("embed", "one", "@two");

        assertThat(lines(run.out())).extracting(row -> row.path("text").stringValue()).containsExactly("one", "@two");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void standardInputIsReadToItsEnd() {
        Command run = Command.run(folder, Map.of(), "{\"body\":\"one\",\"id\":1}\n{\"body\":\"two\",\"id\":2}\n",
                new String[] {"embed", "--from", "jsonl", "--field", "body", "--embedding-field", "v", "--to", "csv"});

        assertThat(run.out().lines()).hasSize(3).first().isEqualTo("body,id,v");
    }

    @Test
    void parquetGoesOutAndIn() throws IOException {
        Path output = folder.resolve("out.parquet");
        Path another = Files.writeString(folder.resolve("out.parquet.input"), "mine");
        Command out = Command.run(folder, Map.of(), "{\"text\":\"one\",\"id\":1}\n{\"text\":\"two\",\"id\":2}\n",
                new String[] {"embed", "--from", "jsonl", "--output", output.toString()});
        assertThat(out.exitCode()).as(out.err()).isZero();
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(output, another);
        }

        JsonNode in = lines(run("embed", "--input", output.toString(), "--embedding-field", "again").out()).getLast();

        assertThat(in.path("id").intValue()).isEqualTo(2);
        assertThat(in.path("again")).hasSize(384).isEqualTo(in.path("embedding"));
    }

    @Test
    void theInputIsNeverHarmed() throws IOException {
        String rows = "{\"text\":\"one\"}\n";
        Path input = Files.writeString(folder.resolve("v.jsonl.input"), rows);
        Path output = folder.resolve("v.jsonl");

        Command run = run("embed", "--input", input.toString(), "--from", "jsonl", "--output", output.toString());
        Command same = run("embed", "--input", output.toString(), "--output", folder + "/./v.jsonl", "--overwrite");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(input).hasContent(rows);
        assertMendable(same, "v.jsonl is the input; write to another file");
        assertThat(lines(Files.readString(output))).hasSize(1);
    }

    @Test
    void rowsBeforeABrokenOneAreWritten() throws IOException {
        Path input = Files.writeString(folder.resolve("in.jsonl"), "{\"text\":\"one\"}\n{\"text\":\"two\"}\noops\n");
        Path output = folder.resolve("out.jsonl");

        Command broken = run("embed", "--input", input.toString(), "--output", output.toString());

        assertMendable(broken, "in.jsonl: line 3: is not JSON");
        assertThat(Files.readAllLines(output)).hasSize(2);
        assertThat(folder.resolve("out.jsonl.run")).exists();
    }

    @Test
    void whatIsCutIsSaid() {
        Command run = run("embed", "long ".repeat(600));

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEqualTo("90 tokens were cut off texts that are too long for the model; --truncate error refuses such texts\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTextThatIsTooLongIsNamedByItsLine(boolean byServer) throws IOException {
        Path input = Files.write(folder.resolve("in.txt"), List.of("short", "long ".repeat(600), "short"));

        Command run = run(place(byServer, "embed", "--input", input.toString(), "--truncate", "error"));

        assertMendable(run, "in.txt: line 2");
        assertThat(run.err()).contains("602 tokens");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void similarityIsTheCosine(boolean byServer) {
        Command run = run(place(byServer, "similarity", "A cat", "A kitten", "A stone"));

        JsonNode others = JsonMapper.shared().readTree(run.out()).path("similarities");
        assertThat(others).extracting(other -> other.path("text").stringValue()).containsExactly("A kitten", "A stone");
        assertThat(others.get(0).path("similarity").doubleValue()).isGreaterThan(others.get(1).path("similarity").doubleValue() + 0.1);
    }

    @Test
    void similarityOfAll() {
        JsonNode matrix = JsonMapper.shared().readTree(run("similarity", "--matrix", "A cat", "A kitten", "A stone").out()).path("similarities");

        assertThat(matrix).hasSize(3).allSatisfy(row -> assertThat(row).hasSize(3));
        assertThat(matrix.at("/1/1").doubleValue()).isEqualTo(1, org.assertj.core.api.Assertions.within(1e-6));
        assertThat(matrix.at("/0/2")).isEqualTo(matrix.at("/2/0"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rerankPutsTheBestFirstWithWhatStandsBesideIt(boolean byServer) throws IOException {
        Path input = Files.writeString(folder.resolve("in.jsonl"), "{\"text\":\"A stone.\",\"id\":7}\n{\"text\":\"The choir sings.\",\"id\":8}\n{\"text\":\"x\",\"id\":9}\n");

        Command run = run(place(byServer, "rerank", "Who sings?", "--input", input.toString(), "--top-n", "2"));

        JsonNode results = JsonMapper.shared().readTree(run.out()).path("results");
        assertThat(results).hasSize(2);
        assertThat(results.at("/0/index").intValue()).isEqualTo(1);
        assertThat(results.at("/0/document/id").intValue()).isEqualTo(8);
        assertThat(results.at("/0/relevance_score").doubleValue()).isGreaterThan(results.at("/1/relevance_score").doubleValue());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
            embed --input nowhere.txt              | there is no file nowhere.txt
            embed --input in.dat                   | the name 'in.dat' tells no format; --from names it: text, jsonl, csv, tsv, parquet
            embed --input x.txt y                  | give texts as arguments or by --input, not both
            embed --output out.txt y               | vectors are not written as plain text
            embed --output out y                   | the name 'out' tells no format; --to names it
            embed --output no/where/out.jsonl y    | there is no folder
            embed --to parquet y                   | Parquet is written to a file
            embed --from xml y                     | --from: 'xml' is not one of text, jsonl
            embed --dimensions 64 y                | was not trained for shorter vectors
            embed --prompt-name nothing y          | prompt_name 'nothing' is not one of this model's prompts
            embed --input-type poem y              | input_type must be one of query
            embed --truncate middle y              | --truncate: 'middle' is not one of end, start, error
            embed --precision f8 y                 | --precision: 'f8' is not one of auto
            embed --model x=/no/where y            | /no/where
            embed --server nonsense y              | --server: 'nonsense' is not the address of a server
            embed --server http://h --threads 2 y  | --threads is for models in this process
            similarity a                           | two texts or more are compared, and there is one
            rerank                                 | missing required parameter
            rerank --raw-scores --normalize q d    | give --raw-scores or --normalize, not both
            rerank --instruction x q d             | instruction: BAAI/bge-small-en-v1.5 has no prompt
            rerank --top-n 0 q d                   | --top-n: '0' is not a whole number from 1
            """)
    void whatCannotBeUsedIsOneLineAndExitCodeTwo(String arguments, String message) {
        assertMendable(run(arguments.split(" ")), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"embed", "similarity", "rerank"})
    void aServerThatIsGoneIsOneLineAndExitCodeOne(String command) {
        Command run = run(command, "a", "b", "--server", "http://127.0.0.1:1");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err().lines()).singleElement().asString().startsWith("tutti: cannot connect to http://127.0.0.1:1");
    }

    @Test
    void aServersNoIsOneLine() {
        Command run = run("embed", "a", "--model", "nobody/knows-it", "--server", address());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err().lines()).singleElement().asString().contains("nobody/knows-it");
    }

    @Test
    void helpFitsATerminalOfEightyColumns() {
        for (String command : List.of("embed", "similarity", "rerank")) {
            assertThat(run(command, "--help").out().lines()).allMatch(line -> line.length() <= 80);
        }
    }

    @Test
    void theConfigurationFileSpeaksOfModelsHereToo() throws IOException {
        Files.writeString(folder.resolve("tutti.yaml"), "models: {BAAI/bge-small-en-v1.5: {matryoshka: true}}\n");

        assertThat(lines(run("embed", "--dimensions", "64", "y").out()).getFirst().path("embedding")).hasSize(64);
    }

    private static String address() {
        return "http://127.0.0.1:" + server.port();
    }

    private static String[] place(boolean byServer, String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(byServer ? List.of("--server", address()) : List.of("--threads", "1"));
        return all.toArray(String[]::new);
    }

    private Command run(String... arguments) {
        return Command.run(folder, Map.of(), arguments);
    }

    private static List<JsonNode> lines(String text) {
        return text.lines().map(JsonMapper.shared()::readTree).toList();
    }

    private static float[] vector(JsonNode row) {
        JsonNode numbers = row.path("embedding");
        var vector = new float[numbers.size()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = numbers.get(i).floatValue();
        }
        return vector;
    }

    private static float[][] vectors(List<String> texts) throws InterruptedException {
        try (Engine engine = Engine.create(new Engine.Settings(1, 10_000_000));
                EmbeddingModel model = EmbeddingModel.load(
                        engine, Hub.resolve(new ModelSpec(Hub.BUNDLED, null)).folder(), ModelOptions.named(Hub.BUNDLED))) {
            return model.embed(texts);
        }
    }

    private static void assertMendable(Command run, String message) {
        assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
        assertThat(run.err().lines()).singleElement().asString().startsWith("tutti: ").contains(message);
    }
}
