package ai.tutti.conformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Steady, the mock server of Together's own SDKs: answers at random and logs what is wrong with each request, by Together's
 * description of its API.
 */
final class Steady implements AutoCloseable {
    private static final Path DESCRIPTION = Folders.MODULE.resolve("specs").resolve("together.json");
    private static final long PATIENCE_SECONDS = 60;

    private final int port;
    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private Steady(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    static Steady start() {
        Path program = Installation.node().resolve("node_modules/@stdy/cli-linux-x64/bin/steady");
        int port = freePort();
        var line = List.of(
                program.toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--log-format",
                "text", // where CI=true is set, it would choose another
                "--no-color",
                DESCRIPTION.toString());
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        try {
            Steady steady = new Steady(port, builder.start());
            Thread.ofPlatform().daemon().start(steady::follow);
            var _ = steady.linesUntil("Ready to accept requests");
            return steady;
        } catch (IOException e) {
            throw new AssertionError(
                    "cannot start Steady, which there is for Linux on x86-64; the conformance suite needs it", e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void follow() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            output.lines().forEach(lines::add);
        } catch (UncheckedIOException | IOException e) {
            lines.add("Steady can no longer be heard: " + e);
        }
    }

    /** Its address; it serves the description's paths without {@code /v1}. */
    String root() {
        return "http://127.0.0.1:" + port;
    }

    /** What it logs up to the next line with that text, which is the last. */
    List<String> linesUntil(String text) {
        List<String> read = new ArrayList<>();
        try {
            while (true) {
                @Nullable String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
                if (line == null) {
                    throw new AssertionError("Steady did not say \"%s\" but %s".formatted(text, read));
                }
                read.add(line);
                if (line.contains(text)) {
                    return read;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for Steady", e);
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
