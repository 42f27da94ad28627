package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code tutti index}, {@code search} and {@code ask} with the bundled model on files of a folder. */
final class SearchTest {
    private static final Path UAE = Path.of("../engine/src/test/resources/fixtures/folders/uae-large").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    @Test
    void filesAreFoundByTheirMeaningAndTheIndexFollowsThem() throws IOException {
        write("choir.md", "# Music\n\nThe choir meets on Tuesday and sings old songs.\n");
        write("sub/returns.txt", "A parcel that is sent back is paid for by the shop.\n");
        write("page.html", "<p>Granite is a stone of <b>feldspar</b> and quartz.</p><script>var choir;</script>");
        write("data.bin", "a\0b");
        write(".hidden", "secret");

        JsonNode first = json("index", ".");
        assertThat(counts(first)).isEqualTo("3 added, 0 updated, 0 removed, 0 unchanged");
        assertThat(first.at("/skipped")).singleElement().satisfies(file -> {
            assertThat(file.path("path").stringValue()).endsWith("data.bin");
            assertThat(file.path("why").stringValue()).isEqualTo("binary");
        });
        JsonNode choir = json("search", "people who make music together").at("/hits/0");
        assertThat(choir.path("path").stringValue()).isEqualTo(folder.resolve("choir.md").toString());
        assertThat(choir.path("line").intValue()).isEqualTo(1);
        assertThat(json("search", "who pays the return shipment").at("/hits/0/path").stringValue()).endsWith("returns.txt");
        assertThat(json("search", "rocks").at("/hits/0/text").stringValue()).contains("feldspar").contains("Granite");

        assertThat(counts(json("index", "."))).isEqualTo("0 added, 0 updated, 0 removed, 3 unchanged");

        write("choir.md", "The choir has been dissolved.\n");
        Files.delete(folder.resolve("sub/returns.txt"));
        write("new.txt", "Bread is baked of flour.\n");
        write("page.html", "now\0binary");
        assertThat(counts(json("index", "."))).isEqualTo("1 added, 1 updated, 2 removed, 0 unchanged");
        List<String> paths = json("search", "anything").path("hits").valueStream().map(hit -> hit.path("metadata").path("name").stringValue()).toList();
        assertThat(paths).containsExactlyInAnyOrder("choir.md", "new.txt");

        Files.delete(folder.resolve("new.txt"));
        assertThat(counts(json("index", "new.txt"))).as("a file by its name").isEqualTo("0 added, 0 updated, 1 removed, 0 unchanged");
        write("sub/deep/late.txt", "Late.");
        json("index", "sub");
        Files.delete(folder.resolve("sub/deep/late.txt"));
        Files.delete(folder.resolve("sub/deep"));
        assertThat(counts(json("index", "sub/deep"))).as("a folder that is gone").isEqualTo("0 added, 0 updated, 1 removed, 0 unchanged");
        assertThat(counts(json("index", "sub"))).as("another folder leaves the rest alone").isEqualTo("0 added, 0 updated, 0 removed, 0 unchanged");
    }

    @Test
    void aNameOfNothingLeavesTheIndexAlone() throws IOException {
        write("a.txt", "one");

        assertMendable(run("index", "a.txt", "nope"), 2, "there is no file or folder nope");
        assertThat(folder.resolve("tutti-index")).doesNotExist();
        json("index", "a.txt");
        assertMendable(run("index", "a.txt", "nope"), 2, "there is no file or folder nope");
        assertThat(counts(json("index", "a.txt"))).isEqualTo("0 added, 0 updated, 0 removed, 1 unchanged");
    }

    @Test
    void aLinkIsFollowedWhereItIsNamed() throws IOException {
        write("elsewhere/docs/choir.md", "The choir sings.");
        write("elsewhere/other/bread.md", "Bread is baked.");
        Files.createSymbolicLink(folder.resolve("elsewhere/docs/inside"), folder.resolve("elsewhere/other"));
        Path link = Files.createSymbolicLink(folder.resolve("docs"), folder.resolve("elsewhere/docs"));
        String[] index = {"index", "docs/", "--index", "elsewhere/docs/index"};

        assertThat(counts(json(index))).isEqualTo("1 added, 0 updated, 0 removed, 0 unchanged");
        assertThat(counts(json(index))).as("the index itself is passed over").isEqualTo("0 added, 0 updated, 0 removed, 1 unchanged");
        assertThat(json("search", "choir", "--index", "docs/index").at("/hits/0/path").stringValue())
                .isEqualTo(link.resolve("choir.md").toString());
        Files.delete(link.resolve("choir.md"));
        assertThat(counts(json(index))).isEqualTo("0 added, 0 updated, 1 removed, 0 unchanged");
    }

    @Test
    void filtersChoose() throws IOException {
        write("a.md", "The choir sings.");
        write("b.txt", "The choir sings loud.");
        write("c.txt", "The choir sings. ".repeat(80));
        json("index", ".");

        assertThat(found("type=md")).containsExactly("a.md");
        assertThat(found("type!=md")).containsExactly("b.txt", "c.txt");
        assertThat(found("type=md", "name=b.txt")).isEmpty();
        assertThat(found("name=a.md", "name=b.txt")).as("alternatives").containsExactly("a.md", "b.txt");
        assertThat(found("size>=1000")).containsExactly("c.txt");
        assertThat(found("size<=999", "type=txt")).containsExactly("b.txt");
        assertThat(found("modified>=2000-01-01")).containsExactly("a.md", "b.txt", "c.txt");
        assertThat(found("modified<=2000-01-01")).isEmpty();
    }

    private List<String> found(String... filters) {
        var arguments = new ArrayList<>(List.of("search", "choir"));
        for (String filter : filters) {
            arguments.addAll(List.of("--filter", filter));
        }
        return json(arguments.toArray(String[]::new)).path("hits").valueStream()
                .map(hit -> hit.at("/metadata/name").stringValue())
                .sorted()
                .distinct()
                .toList();
    }

    @Test
    void theIndexKnowsItsModelAndTakesNoOther() throws IOException {
        write("a.txt", "one");
        Path copy = folder.resolve("model");
        try (var files = Files.walk(UAE)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(UAE.relativize(file).toString()));
            }
        }
        json("index", "a.txt", "--model", "mine=" + copy);
        assertThat(json("search", "one").path("model").stringValue()).isEqualTo("mine");

        assertMendable(run("search", "one", "--model", "BAAI/bge-small-en-v1.5"), 1, "holds vectors of mine with ");
        Path weights = copy.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        for (int i = bytes.length / 2; i < bytes.length; i += 4) {
            bytes[i + 3] ^= (byte) 0x80;
        }
        Files.write(weights, bytes);
        assertMendable(run("search", "one"), 2, "was made with another model of the name mine");
    }

    @Test
    void theNoteOfTheModelIsHeeded() throws IOException {
        write("a.txt", "one");
        json("index", "a.txt");
        Path note = folder.resolve("tutti-index/tutti.json");
        String text = Files.readString(note);

        Files.writeString(note, text.replace("{\"model\":", "{\"server\":\"http://h/v1\",\"model\":"));
        assertMendable(run("search", "one"), 2, "at a server: add --server http://h/v1, or --model BAAI/bge-small-en-v1.5 to compute here");
        json("search", "one", "--model", "BAAI/bge-small-en-v1.5");
        for (String damaged : List.of("", text.substring(9), text.replace("\"model\":", "\"other\":"))) {
            Files.writeString(note, damaged);
            assertMendable(run("search", "one"), 2, "tutti.json is damaged: delete it");
        }
    }

    @Test
    void aChatModelAnswersFromNumberedSources() throws Exception {
        write("choir.md", "The choir meets on Tuesday.\n");
        write("returns.txt", "A parcel that is sent back is paid for by the shop.\n");
        json("index", ".");
        var requests = new ArrayList<String>();
        HttpServer chat = chat(requests);
        try {
            String url = "http://127.0.0.1:" + chat.getAddress().getPort() + "/v1";
            Command run = Command.run(
                    folder, Map.of("TUTTI_CHAT_URL", url, "TUTTI_CHAT_API_KEY", "chat-key"), "ask", "When does the choir meet?", "--chat-model", "some-model", "--top-n", "1");

            assertThat(run.exitCode()).as(run.err()).isZero();
            JsonNode answer = JsonMapper.shared().readTree(run.out());
            assertThat(answer.path("answer").stringValue()).isEqualTo("On Tuesday [1].");
            assertThat(answer.path("sources")).singleElement()
                    .satisfies(source -> assertThat(source.path("path").stringValue()).endsWith("choir.md"));
            assertThat(requests).singleElement().asString()
                    .contains("Bearer chat-key", "some-model", "The choir meets on Tuesday.", "When does the choir meet?", "\"stream\":true")
                    .doesNotContain("parcel");
        } finally {
            chat.stop(0);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            search x                                        | 2 | there is no index in
            ask x                                           | 2 | there is no index in
            index nowhere/at/all                            | 2 | there is no file or folder nowhere/at/all
            search x --index made --filter type             | 2 | --filter: 'type' is not NAME=VALUE
            search x --index made --filter size>=big        | 2 | is not a condition with a number or a day
            search x --index made --filter modified<=2026-13-01 | 2 | is not a condition with a number or a day
            search x --index made --retrieval magic         | 2 | --retrieval: 'magic' is not one of vector, text, hybrid
            ask x --index made                              | 2 | name its server by --chat-url URL (or TUTTI_CHAT_URL)
            ask x --index made --chat-model m --chat-url no | 2 | --chat-url: 'no' is not the address of a server
            ask x --index made --chat-model m --chat-url http://127.0.0.1:1 | 1 | cannot connect to http://127.0.0.1:1
            """)
    void whatCannotBeDoneIsOneLine(String arguments, int code, String message) throws IOException {
        write("a.txt", "one");
        if (arguments.contains("made")) {
            json("index", "a.txt", "--index", "made");
        }

        assertMendable(run(arguments.split(" ")), code, message);
    }

    @Test
    void helpFitsATerminalOfEightyColumns() {
        for (String command : List.of("index", "search", "ask")) {
            assertThat(run(command, "--help").out().lines()).allMatch(line -> line.length() <= 80);
        }
    }

    /** Speaks as much of OpenAI's protocol as a stream needs. */
    private static HttpServer chat(List<String> requests) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", exchange -> {
            requests.add(exchange.getRequestHeaders().getFirst("authorization")
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.getResponseHeaders().add("content-type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            try (var body = exchange.getResponseBody()) {
                for (String piece : List.of("On ", "Tuesday ", "[1].")) {
                    body.write(event("{\"content\": \"%s\"}".formatted(piece), "null"));
                }
                body.write(event("{}", "\"stop\""));
                body.write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
            }
        });
        server.start();
        return server;
    }

    private static byte[] event(String delta, String reason) {
        return """
                data: {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": %s, "finish_reason": %s}]}

                """.formatted(delta, reason).getBytes(StandardCharsets.UTF_8);
    }

    private static String counts(JsonNode tally) {
        return "%d added, %d updated, %d removed, %d unchanged".formatted(
                tally.path("added").intValue(), tally.path("updated").intValue(), tally.path("removed").intValue(), tally.path("unchanged").intValue());
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private JsonNode json(String... arguments) {
        Command run = run(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).isEmpty();
        return JsonMapper.shared().readTree(run.out());
    }

    private Command run(String... arguments) {
        return Command.run(folder, Map.of(), arguments);
    }

    private static void assertMendable(Command run, int code, String message) {
        assertThat(run.err().lines()).singleElement().asString().startsWith("tutti: ").contains(message);
        assertThat(run.exitCode()).isEqualTo(code);
    }
}
