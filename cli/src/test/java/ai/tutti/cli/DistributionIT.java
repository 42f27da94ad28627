package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
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
    private static final Path TUTTI = Path.of("target/tutti/bin/tutti").toAbsolutePath();
    private static final Map<String, String> ENVIRONMENT =
            Map.of("JAVA_HOME", System.getProperty("java.home"), "PATH", "/usr/bin:/bin", "HF_HUB_OFFLINE", "1");

    @TempDir
    private Path folder;

    @Test
    void servesTheBundledModelAndSaysSo() throws Exception {
        try (RunningServer server = start("--alias", "text-embedding-3-small=BAAI/bge-small-en-v1.5")) {
            JsonNode vector = JsonMapper.shared()
                    .readTree(server.embed("", "All together now").body())
                    .at("/data/0/embedding");

            double squares = vector.valueStream().mapToDouble(value -> Math.pow(value.doubleValue(), 2)).sum();
            assertThat(vector).hasSize(384);
            assertThat(squares).isCloseTo(1, within(1e-3));
            assertThat(server.console())
                    .contains("BAAI/bge-small-en-v1.5", "384 dimensions", "512 tokens", "MB", "CPU: ")
                    .contains("text-embedding-3-small")
                    .contains("every API key is accepted")
                    .contains("curl " + server.address() + "/v1/embeddings")
                    .doesNotContain("\u001b");
            assertThat(server.errors()).isEmpty();
        }
    }

    @Test
    void endsCalmlyOnATermination() throws Exception {
        try (RunningServer server = start()) {
            server.process().toHandle().destroy();

            assertThat(server.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(server.process().exitValue()).isIn(0, 143);
            assertThat(server.console()).endsWith("Stopping: answering what is under way.\n");
            assertThat(server.errors()).isEmpty();
        }
    }

    @Test
    void asksForTheKeysOfTheFile() throws Exception {
        Files.writeString(folder.resolve("tutti.yaml"), "api-key: [the-key]\nthreads: 1\n");

        try (RunningServer server = start()) {
            assertThat(server.embed("", "text").statusCode()).isEqualTo(401);
            assertThat(server.embed("the-key", "text").statusCode()).isEqualTo(200);
            assertThat(server.console()).contains("one API key is accepted", "authorization: Bearer YOUR_KEY", "1 thread");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void takesAtMost400MegabytesOnceLoaded() throws Exception {
        try (RunningServer server = start()) {
            server.embed("", "All together now");

            String status = Files.readString(Path.of("/proc/" + server.process().pid() + "/status"));
            long kilobytes = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(status).results()
                    .mapToLong(match -> Long.parseLong(match.group(1)))
                    .findFirst()
                    .orElseThrow();
            assertThat(kilobytes / 1024).isLessThanOrEqualTo(400);
        }
    }

    @Test
    void hasTheJvmsCache() {
        assertThat(TUTTI.resolveSibling("../lib/tutti.aot")).exists();
        assertThat(TUTTI.resolveSibling("../lib/tutti-vector.aot")).exists();
    }

    @Test
    void startsThroughALink() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("a link"), TUTTI);

        Shell run = Shell.run(folder, ENVIRONMENT, link.toString(), "--version");
        Files.delete(link);

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).matches("Tutti \\d.*\\n");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void aBusyPortIsOneLine() throws Exception {
        try (var busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertMendable(busy.getLocalPort() + "", "--port", "" + busy.getLocalPort());
        }
    }

    @Test
    void aMissingFolderIsOneLine() throws Exception {
        assertMendable("/no/such/folder", "--model", "mine=/no/such/folder");
    }

    @Test
    void anEmptyFolderIsOneLine() throws Exception {
        Path empty = Files.createDirectories(folder.resolve("empty"));

        assertMendable(empty.toString(), "--model", "mine=" + empty);
    }

    @Test
    void anUnknownNameIsOneLine() throws Exception {
        assertMendable("nobody/knows-it", "--model", "nobody/knows-it");
    }

    @Test
    void anAliasToNowhereIsOneLine() throws Exception {
        assertMendable("nobody/knows-it", "--alias", "a=nobody/knows-it");
    }

    private void assertMendable(String message, String... arguments) throws IOException, InterruptedException {
        Shell run = Shell.run(folder, ENVIRONMENT, serve(arguments).toArray(String[]::new));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines().filter(line -> !line.startsWith("WARNING: Using incubator modules")))
                .singleElement().asString().startsWith("tutti: ").contains(message);
    }

    private RunningServer start(String... arguments) throws IOException, InterruptedException {
        return RunningServer.start(folder, ENVIRONMENT, serve(arguments));
    }

    private static List<String> serve(String... arguments) {
        var command = new ArrayList<>(List.of(TUTTI.toString(), "serve"));
        command.addAll(List.of(arguments));
        return command;
    }
}
