package ai.tutti.search;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.tutti.api.Json;
import ai.tutti.client.Tutti;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** A service on this machine with the routes that a search needs, and replies of the test's making. */
final class LoopbackService implements AutoCloseable {
    private final HttpServer server;
    private final List<JsonNode> requests = new CopyOnWriteArrayList<>();

    LoopbackService() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
    }

    Tutti client() {
        return Tutti.builder()
                .baseUrl("http://127.0.0.1:%d/v1".formatted(server.getAddress().getPort()))
                .apiKey("any")
                .maxRetries(0)
                .build();
    }

    /** What was sent so far. */
    List<JsonNode> requests() {
        return requests;
    }

    /** Answers a route with JSON, or with server-sent events where the text begins with {@code data:}. */
    LoopbackService on(String path, Function<JsonNode, String> reply) {
        server.createContext("/v1/" + path, exchange -> {
            try (exchange) {
                answer(exchange, reply);
            }
        });
        return this;
    }

    private void answer(HttpExchange exchange, Function<JsonNode, String> reply) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        var request = body.length == 0 ? Json.mapper().createObjectNode() : Json.mapper().readTree(body);
        if (body.length > 0) {
            requests.add(request);
        }
        byte[] answer = reply.apply(request).getBytes(UTF_8);
        exchange.getResponseHeaders().set("content-type", answer[0] == 'd' ? "text/event-stream" : "application/json");
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
    }

    /** A chat model that says these pieces. */
    static String saying(String... pieces) {
        var events = new StringBuilder();
        for (var piece : pieces) {
            events.append("data: ").append(chunk(Json.mapper().writeValueAsString(piece), "null")).append("\n\n");
        }
        return events.append("data: ").append(chunk("\"\"", "\"stop\"")).append("\n\ndata: [DONE]\n\n").toString();
    }

    private static String chunk(String content, String finish) {
        return """
                {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", \
                "choices": [{"index": 0, "delta": {"content": %s}, "finish_reason": %s}]}""".formatted(content, finish);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
