package ai.tutti.bench;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The built distribution's server in a process of its own, started as a user starts it. */
final class DistributionServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final int port;
    private final Duration untilReady;

    private DistributionServer(Process process, int port, Duration untilReady) {
        this.process = process;
        this.port = port;
        this.untilReady = untilReady;
    }

    /** Starts it and asks {@code /readyz} every few milliseconds until it says yes. */
    static DistributionServer start(String... options) throws IOException, InterruptedException {
        var command = Path.of(System.getProperty("tutti.distribution"), "bin", "tutti");
        int port = freePort();
        try (var http = HttpClient.newHttpClient()) {
            var ask = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/readyz"))
                    .timeout(Duration.ofSeconds(5))
                    .build();
            long begin = System.nanoTime();
            var line = new ArrayList<>(List.of(command.toString(), "serve", "--port", Integer.toString(port)));
            line.addAll(List.of(options));
            var process = new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            while (!ready(http, ask)) {
                if (!process.isAlive() || System.nanoTime() - begin > PATIENCE.toNanos()) {
                    process.destroy();
                    throw new IllegalStateException(command + " did not become ready; run it to see why");
                }
                Thread.sleep(5);
            }
            return new DistributionServer(process, port, Duration.ofNanos(System.nanoTime() - begin));
        }
    }

    private static boolean ready(HttpClient http, HttpRequest ask) throws IOException, InterruptedException {
        try {
            return http.send(ask, BodyHandlers.discarding()).statusCode() == 200;
        } catch (ConnectException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    /** From starting the process to the first answer that it is ready. */
    Duration untilReady() {
        return untilReady;
    }

    Memory memory() throws IOException {
        return Memory.of(process.pid());
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
