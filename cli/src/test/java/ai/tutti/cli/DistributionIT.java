package ai.tutti.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The built distribution, as a user starts it. */
@DisabledOnOs(OS.WINDOWS)
final class DistributionIT {
    private static final Path DISTRIBUTION = Path.of("target/tutti").toAbsolutePath();
    private static final Pattern ADDRESS = Pattern.compile("Listening on (http://[^,\\s]+)");
    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    private Path folder;

    private final Map<String, String> environment =
            new HashMap<>(Map.of("JAVA_HOME", System.getProperty("java.home"), "PATH", "/usr/bin:/bin"));
    private Process server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.destroyForcibly();
        }
    }

    @Test
    void servesTheBundledModelAndSaysSo() throws Exception {
        String address = start("--alias", "text-embedding-3-small=BAAI/bge-small-en-v1.5");

        JsonNode reply = JSON.readTree(embed(address, "", "All together now").body());
        assertThat(console())
                .contains("BAAI/bge-small-en-v1.5", "384 dimensions", "512 tokens", "MB")
                .contains("text-embedding-3-small")
                .contains("every API key is accepted")
                .contains("curl " + address + "/v1/embeddings");
        double norm = 0;
        for (JsonNode value : reply.at("/data/0/embedding")) {
            norm += value.doubleValue() * value.doubleValue();
        }
        assertThat(reply.at("/data/0/embedding")).hasSize(384);
        assertThat(Math.sqrt(norm)).isCloseTo(1, within(1e-3));
        assertThat(errors()).isEmpty();
    }

    @Test
    void answersWhatIsUnderWayAndEndsOnATermination() throws Exception {
        start();

        server.toHandle().destroy();

        assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isIn(0, 143);
        assertThat(console()).endsWith("Stopping: answering what is under way.\n");
        assertThat(errors()).isEmpty();
    }

    @Test
    void keysFromTheFileAreAskedFor() throws Exception {
        Files.writeString(folder.resolve("tutti.yaml"), "api-key: [the-key]\nthreads: 1\n");

        String address = start();

        assertThat(embed(address, "", "text").statusCode()).isEqualTo(401);
        assertThat(embed(address, "the-key", "text").statusCode()).isEqualTo(200);
        assertThat(console()).contains("one API key is accepted", "authorization: Bearer YOUR_KEY");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void takesAtMost400MegabytesOnceLoaded() throws Exception {
        String address = start();
        embed(address, "", "All together now");

        String status = Files.readString(Path.of("/proc/" + server.pid() + "/status"));
        long resident = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(status).results()
                .mapToLong(match -> Long.parseLong(match.group(1)))
                .findFirst()
                .orElseThrow();

        assertThat(resident / 1024).isLessThanOrEqualTo(400);
    }

    @Test
    void worksThroughALink() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("a link"), DISTRIBUTION.resolve("bin/tutti"));

        Shell run = Shell.run(folder, environment, link.toString(), "--version");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).matches("Tutti \\d.*\\n");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void aBusyPortIsOneLine() throws Exception {
        try (var busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertMendable(run("--port", "" + busy.getLocalPort()), "" + busy.getLocalPort());
        }
    }

    @Test
    void aMissingFolderIsOneLine() throws Exception {
        assertMendable(run("--model", "mine=/no/such/folder"), "/no/such/folder");
    }

    @Test
    void anEmptyFolderIsOneLine() throws Exception {
        Path empty = Files.createDirectories(folder.resolve("empty"));

        assertMendable(run("--model", "mine=" + empty), empty.toString());
    }

    @Test
    void anUnknownNameIsOneLine() throws Exception {
        assertMendable(run("--model", "nobody/knows-it"), "nobody/knows-it");
    }

    @Test
    void anAliasToNowhereIsOneLine() throws Exception {
        assertMendable(run("--alias", "a=nobody/knows-it"), "nobody/knows-it");
    }

    /** Starts a server on a free port and gives its address once it listens. */
    private String start(String... arguments) throws IOException, InterruptedException {
        var program = new ProcessBuilder(command(arguments)).directory(folder.toFile());
        program.environment().clear();
        program.environment().putAll(environment);
        program.environment().put("TUTTI_PORT", "0");
        program.redirectOutput(folder.resolve("console").toFile()).redirectError(folder.resolve("errors").toFile());
        server = program.start();
        for (int i = 0; i < 600; i++) {
            String address = ADDRESS.matcher(console()).results().findFirst().map(DistributionIT::address).orElse(null);
            if (address != null) {
                return address;
            }
            if (!server.isAlive()) {
                break;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("does not listen:\n" + console() + errors());
    }

    private static String address(MatchResult match) {
        return match.group(1);
    }

    private Shell run(String... arguments) throws IOException, InterruptedException {
        return Shell.run(folder, environment, command(arguments));
    }

    private static String[] command(String... arguments) {
        var command = new String[arguments.length + 2];
        command[0] = DISTRIBUTION.resolve("bin/tutti").toString();
        command[1] = "serve";
        System.arraycopy(arguments, 0, command, 2, arguments.length);
        return command;
    }

    private static HttpResponse<String> embed(String address, String key, String text)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(address + "/v1/embeddings"))
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(JSON.writeValueAsString(
                        Map.of("model", "BAAI/bge-small-en-v1.5", "input", text))));
        if (!key.isEmpty()) {
            request.header("authorization", "Bearer " + key);
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), BodyHandlers.ofString(UTF_8));
        }
    }

    private String console() throws IOException {
        return Files.readString(folder.resolve("console"));
    }

    private String errors() throws IOException {
        return Files.readString(folder.resolve("errors"));
    }

    private static void assertMendable(Shell run, String message) {
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).singleElement().asString().startsWith("tutti: ").contains(message);
    }
}
