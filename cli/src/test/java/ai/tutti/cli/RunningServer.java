package ai.tutti.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/** A server that runs from the distribution, on a free port; killed when closed. */
final class RunningServer implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("Listening on (http://[^,\\s]+)");

    private final Process process;
    private final Path folder;

    private RunningServer(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
    }

    /** Starts one in a folder and waits until it listens. */
    static RunningServer start(Path folder, Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        var everywhere = new HashMap<>(environment);
        everywhere.put("TUTTI_PORT", "0");
        var program = new ProcessBuilder(command).directory(folder.toFile());
        program.environment().clear();
        program.environment().putAll(everywhere);
        program.redirectOutput(folder.resolve("console").toFile());
        program.redirectError(folder.resolve("errors").toFile());
        var server = new RunningServer(program.start(), folder);
        for (int i = 0; i < 600 && server.process.isAlive(); i++) {
            if (server.console().contains("Try it:")) {
                return server;
            }
            Thread.sleep(100);
        }
        server.close();
        throw new AssertionError("does not listen:\n" + server.console() + server.errors());
    }

    String address() throws IOException {
        Matcher matcher = ADDRESS.matcher(console());
        if (!matcher.find()) {
            throw new AssertionError("no address in\n" + console());
        }
        return matcher.group(1);
    }

    HttpResponse<String> embed(String key, String text) throws IOException, InterruptedException {
        String body = JsonMapper.shared().writeValueAsString(Map.of("model", "BAAI/bge-small-en-v1.5", "input", text));
        var request = HttpRequest.newBuilder(URI.create(address() + "/v1/embeddings"))
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body));
        if (!key.isEmpty()) {
            request.header("authorization", "Bearer " + key);
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), BodyHandlers.ofString(UTF_8));
        }
    }

    Process process() {
        return process;
    }

    String console() throws IOException {
        return Files.readString(folder.resolve("console"));
    }

    /** What it said on standard error, but for Java's own line about the vector module. */
    String errors() throws IOException {
        return Files.readString(folder.resolve("errors"))
                .replace("WARNING: Using incubator modules: jdk.incubator.vector\n", "");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
