package ai.tutti.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code tutti models} and {@code tutti pull}. */
final class ModelCommandsTest {
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void configure() {
        environment.putAll(Map.of("HF_HOME", folder.toString(), "HF_HUB_OFFLINE", "1"));
    }

    @Test
    void theListFitsAHundredColumns() {
        Command run = run("models");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines()).hasSizeGreaterThan(25).allMatch(line -> line.length() <= 100);
        assertThat(run.out())
                .containsPattern("BAAI/bge-small-en-v1.5 +384 +512 +MIT +\\d+ MB +(f32|bf16)\n")
                .containsPattern("BAAI/bge-large-en-v1.5 +1024 +512 +MIT +- +(f32|bf16)\n")
                .containsPattern("Salesforce/Llama-Rank-V1 +8192 +proprietary +- +own copy\n");
    }

    @Test
    void theListCountsWhatIsHere() throws IOException {
        cache("me/mine", "bert");
        cache("me/other-program", "whisper");
        cache("thenlper/gte-large", "bert");

        String out = run("models").out();

        assertThat(out)
                .containsPattern("me/mine +8 +64 +- +\\d+ B +(f32|bf16)\n")
                .containsPattern("thenlper/gte-large +8 +64 +MIT +\\d+ B +(f32|bf16)\n")
                .doesNotContain("other-program");
    }

    @Test
    void aBrokenModelDoesNotBreakTheList() throws IOException {
        Path files = cache("thenlper/gte-large", "bert");
        Files.writeString(files.resolve("config.json"), "{\"max_position_embeddings\": \"many\"}");
        assertThat(run("models").out()).containsPattern("thenlper/gte-large +1024 +512 +MIT +- ");
        assertThat(run("models", "thenlper/gte-large").err()).contains(files.resolve("config.json") + ": max_position_embeddings");
    }

    @Test
    void theListForPrograms() throws IOException {
        cache("me/mine", "bert");

        JsonNode models = JsonMapper.shared().readTree(run("models", "--json").out());

        JsonNode mine = models.valueStream().filter(model -> model.get("name").asString().equals("me/mine")).findFirst().orElseThrow();
        assertThat(mine.get("here").booleanValue()).isTrue();
        assertThat(mine.get("folder").asString()).isEqualTo(snapshot("me/mine").toString());
        assertThat(mine.get("kind").asString()).isEqualTo("embedding");
        assertThat(mine.get("dimensions").intValue()).isEqualTo(8);
        assertThat(models.get(0).get("here").booleanValue()).isFalse();
        assertThat(models.get(0).get("license").asString()).isEqualTo("MIT");
    }

    @Test
    void aPageSaysHowAModelIsRun() throws IOException {
        Path files = cache("me/mine", "bert");
        Files.writeString(files.resolve("config_sentence_transformers.json"),
                "{\"prompts\": {\"query\": \"Query:\\n\", \"doc\": \"\"}, \"default_prompt_name\": \"doc\"}");

        String out = run("models", "me/mine").out();

        assertThat(out)
                .contains("embedding model, family bert")
                .contains("8 dimensions; cls pooling, to length 1; compared by cosine")
                .contains("up to 64 tokens")
                .contains("query: \"Query:\\n\"")
                .contains("doc: none (by default)")
                .contains(files.toString());
        assertThat(out.lines()).filteredOn(line -> !line.contains(folder.toString())).allMatch(line -> line.length() <= 100);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            BAAI/bge-small-en-v1.5                    | 384 dimensions; cls pooling, to length 1
            baai/BGE-large-en-v1.5                    | not here; tutti pull BAAI/bge-large-en-v1.5 fetches them
            intfloat/e5-mistral-7b-instruct           | the larger limit applies
            togethercomputer/m2-bert-80M-8k-retrieval | bert-base-uncased, also where the folder holds another
            Salesforce/Llama-Rank-V1                  | never published; serve your own copy by --model Salesforce/Llama-Rank-V1=FOLDER
            """)
    void aPageOfTheCatalogue(String name, String said) {
        Command run = run("models", name);

        assertThat(run.exitCode()).isZero();
        assertThat(run.out().replaceAll("\\s+", " ")).contains(said);
    }

    @Test
    void aPageForPrograms() {
        JsonNode model = JsonMapper.shared().readTree(run("models", "BAAI/bge-small-en-v1.5", "--json").out());

        assertThat(model.get("modules").valueStream().map(JsonNode::asString)).containsExactly("cls pooling", "to length 1");
        assertThat(model.get("prompts").get("query").asString()).startsWith("Represent this sentence");
        assertThat(model.get("files").get("model.onnx").longValue()).isGreaterThan(100_000_000);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            models nobody/nothing    | nobody/nothing is neither here nor in the catalogue: tutti pull nobody/nothing fetches it
            models a b               | unknown argument 'b'
            models me/mine=nowhere   | nowhere does not exist
            models me/x@             | models: 'me/x@' is not NAME
            pull                     | missing required parameter
            pull me/x=/folder        | pull: 'me/x=/folder' is not NAME or NAME@REVISION
            pull me/../x             | 'me/../x' is not a name on the hub
            pull me/tiny             | the hub cannot be asked: HF_HUB_OFFLINE is set
            serve --model me/tiny    | the hub cannot be asked: HF_HUB_OFFLINE is set
            """)
    void aMistakeIsOneLineAndExitCode2(String arguments, String message) {
        Command run = run(arguments.split(" "));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1).first().asString().startsWith("tutti: ").contains(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"models", "pull"})
    void helpFitsATerminalOfEightyColumns(String command) {
        assertThat(run(command, "--help").out().lines()).hasSizeGreaterThan(5).allMatch(line -> line.length() <= 80);
    }

    @Test
    void pullFetchesAndSaysWhere() throws IOException {
        HttpServer hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hub.createContext("/", exchange -> answer(exchange));
        hub.start();
        try {
            environment.putAll(Map.of(
                    "HF_HUB_OFFLINE", "0", "HF_ENDPOINT", "http://127.0.0.1:" + hub.getAddress().getPort()));

            Command run = run("pull", "me/tiny");

            assertThat(run.err()).isEmpty();
            assertThat(run.out()).contains("me/tiny: 2 files to download, ", "me/tiny is here: " + snapshot("me/tiny"));
            assertThat(snapshot("me/tiny").resolve("model.safetensors")).hasContent("the content of model.safetensors");
            assertThat(run("pull", "me/tiny").out()).isEqualTo("me/tiny is here: %s%n".formatted(snapshot("me/tiny")));
        } finally {
            hub.stop(0);
        }
    }

    /** A hub of one model whose files hold their names. */
    private static void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String name = path.substring(path.lastIndexOf('/') + 1);
        String body = path.startsWith("/api/")
                ? """
                  {"sha": "%s", "siblings": [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"},
                   {"rfilename": "tokenizer.json"}]}""".formatted(COMMIT)
                : name.equals("config.json") ? "{\"model_type\": \"bert\"}" : "the content of " + name;
        byte[] content = body.getBytes(UTF_8);
        exchange.getResponseHeaders().set("etag", "\"version-1-of-" + name + "\"");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        if (head) {
            exchange.getResponseHeaders().set("content-length", "" + content.length);
        }
        exchange.sendResponseHeaders(200, head ? -1 : content.length);
        if (!head) {
            exchange.getResponseBody().write(content);
        }
        exchange.close();
    }

    private Path cache(String name, String type) throws IOException {
        Path snapshot = snapshot(name);
        Files.createDirectories(snapshot.resolve("1_Pooling"));
        Path refs = snapshot.resolve("../../refs").normalize();
        Files.createDirectories(refs);
        Files.writeString(refs.resolve("main"), COMMIT);
        Files.writeString(snapshot.resolve("config.json"), """
                {"architectures": ["X"], "model_type": "%s", "hidden_size": 8, "max_position_embeddings": 64}""".formatted(type));
        Files.writeString(snapshot.resolve("modules.json"), """
                [{"path": "", "type": "x.Transformer"}, {"path": "1_Pooling", "type": "x.Pooling"},
                 {"path": "2_Normalize", "type": "x.Normalize"}]""");
        Files.writeString(snapshot.resolve("1_Pooling/config.json"), "{\"pooling_mode_cls_token\": true}");
        Files.writeString(snapshot.resolve("tokenizer.json"), "{}");
        Files.writeString(snapshot.resolve("model.safetensors"), "weights");
        return snapshot;
    }

    private Path snapshot(String name) {
        return folder.resolve("hub").resolve("models--" + name.replace("/", "--")).resolve("snapshots").resolve(COMMIT);
    }

    private Command run(String... arguments) {
        return Command.run(folder, environment, arguments);
    }
}
