package ai.tutti.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The JVM's ahead-of-time caches (JEP 483, 514): classes loaded and linked as a first run found them. Runs of the distribution
 * itself record them: start on a free port, one request, stop. A server without one is the same, only up some tenths of a second
 * later, so a run that fails is told and does not fail the build.
 *
 * <p>A cache serves a JVM with the very modules that it was recorded with, so there is one for each way in which
 * {@code bin/tutti} starts Java: with the vector module and without.
 */
final class AotCache {
    private static final Pattern ADDRESS = Pattern.compile("Listening on (http://\\S+\\d)");

    /**
     * A run that records.
     *
     * @param cache what it makes, within the distribution; where that lies may have spaces, which JAVA_OPTS parts options by
     */
    private record Run(Path cache, Process process) implements AutoCloseable {
        static Run start(Path distribution, String cache, String... options) throws IOException {
            var command = new ArrayList<>(List.of(
                    distribution.resolve("bin/tutti").toString(), "serve", "--host", "127.0.0.1", "--port", "0", "--threads", "1"));
            command.addAll(List.of(options));
            var start = new ProcessBuilder(command);
            start.directory(distribution.toFile());
            start.environment().keySet().removeIf(name -> name.startsWith("TUTTI_"));
            start.environment().put("JAVA_HOME", System.getProperty("java.home"));
            start.environment().put("JAVA_OPTS", "-XX:AOTCacheOutput=" + cache);
            start.redirectErrorStream(true);
            return new Run(distribution.resolve(cache), start.start());
        }

        /** Asks it for a vector, and waits for what it leaves. */
        void finish() throws IOException {
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                lines.lines().map(ADDRESS::matcher).filter(Matcher::find).findFirst().ifPresent(found -> {
                    ask(found.group(1));
                    // Unlike the process's own destroy, this leaves its output open.
                    process.toHandle().destroy();
                });
                lines.lines().forEach(line -> {});
                process.waitFor(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (!Files.exists(cache)) {
                System.out.println("tutti: %s was not recorded; the distribution works without it".formatted(cache.getFileName()));
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private AotCache() {}

    static void record(Path distribution) throws IOException {
        try (var plain = Run.start(distribution, "lib/tutti.aot");
                var vector = Run.start(distribution, "lib/tutti-vector.aot", "--model", "BAAI/bge-small-en-v1.5")) {
            plain.finish();
            vector.finish();
        }
    }

    private static void ask(String address) {
        var request = HttpRequest.newBuilder(URI.create(address + "/v1/embeddings"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\": \"BAAI/bge-small-en-v1.5\", \"input\": [\"All together now\", \"One by one\"]}"))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            client.send(request, BodyHandlers.discarding());
        } catch (IOException e) {
            System.out.println("tutti: the run that records the ahead-of-time cache answered nothing: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
