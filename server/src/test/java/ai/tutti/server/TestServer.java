package ai.tutti.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import ai.tutti.api.ErrorReply;
import ai.tutti.api.Json;
import ai.tutti.hub.Hub;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/** A real server on a free port, and clients for it. */
final class TestServer implements AutoCloseable {
    static final String MODEL = Hub.BUNDLED;
    static final String ALIAS = "Salesforce/Llama-Rank-V1";

    private final TuttiServer server;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private TestServer(TuttiServer server) {
        this.server = server;
    }

    private static final class Shared {
        static final TestServer SERVER = start(UnaryOperator.identity());
    }

    /** One for all tests that need no settings of their own. */
    static TestServer shared() {
        return Shared.SERVER;
    }

    static TestServer start(UnaryOperator<ServerSettings> settings) {
        return start(settings, Patience.DEFAULT);
    }

    static TestServer start(UnaryOperator<ServerSettings> settings, Patience patience) {
        return start(settings, patience, 0, Map.of());
    }

    /** With OpenTelemetry as an environment describes it. */
    static TestServer start(UnaryOperator<ServerSettings> settings, Map<String, String> environment) {
        return start(settings, Patience.DEFAULT, 0, environment);
    }

    /** On a port that the server must know before it has it. */
    static TestServer start(UnaryOperator<ServerSettings> settings, int port) {
        return start(settings, Patience.DEFAULT, port, Map.of());
    }

    private static TestServer start(
            UnaryOperator<ServerSettings> settings, Patience patience, int port, Map<String, String> environment) {
        ServerSettings usual =
                ServerSettings.DEFAULT.toBuilder().port(port).aliases(Map.of(ALIAS, MODEL)).build();
        return new TestServer(TuttiServer.start(settings.apply(usual), patience, environment));
    }

    /** The settings with other limits. */
    static ServerSettings limited(ServerSettings settings, long bodyBytes, long requestTokens, long queueTokens) {
        return settings.toBuilder()
                .maxBodyBytes(bodyBytes)
                .maxRequestTokens(requestTokens)
                .queueTokens(queueTokens)
                .build();
    }

    /** The settings with keys, or with token ids let in. */
    static ServerSettings guarded(ServerSettings settings, List<String> apiKeys, boolean tokenInput) {
        return settings.toBuilder().apiKeys(apiKeys).tokenInput(tokenInput).build();
    }

    /** The settings with somebody who answers chat completions. */
    static ServerSettings chatting(ServerSettings settings, ChatSettings chat) {
        return settings.toBuilder().chat(chat).build();
    }

    /** The settings with other rules for requests. */
    static ServerSettings regulated(ServerSettings settings, TrafficSettings traffic) {
        return settings.toBuilder().traffic(traffic).build();
    }

    /** The settings with one worker, which is slow enough on any machine for a test to see it at work. */
    static ServerSettings slow(ServerSettings settings) {
        return settings.toBuilder().threads(1).build();
    }

    /** A number of {@code /metrics}. */
    double metric(String name) {
        return new String(get("/metrics").body(), UTF_8)
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name));
    }

    TuttiServer server() {
        return server;
    }

    int port() {
        return server.port();
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port());
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    HttpResponse<byte[]> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new AssertionError("no reply to " + request, e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    HttpClient client() {
        return client;
    }

    HttpResponse<byte[]> get(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
        return send(headers.length == 0 ? request.build() : request.headers(headers).build());
    }

    HttpResponse<byte[]> post(String path, String json, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json));
        return send(headers.length == 0 ? request.build() : request.headers(headers).build());
    }

    HttpResponse<byte[]> post(String path, Object request, String... headers) {
        return post(path, Json.writeText(request), headers);
    }

    /** Sends bytes as they are and reads until the server closes. */
    String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    static JsonNode json(HttpResponse<byte[]> reply) {
        return Json.mapper().readTree(reply.body());
    }

    static <T> T as(HttpResponse<byte[]> reply, Class<T> type) {
        return Json.read(reply.body(), type);
    }

    static ErrorReply.Detail error(HttpResponse<byte[]> reply) {
        return as(reply, ErrorReply.class).error();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
