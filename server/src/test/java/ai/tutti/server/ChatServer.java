package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.tutti.api.Json;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A chat server of another make, which answers each request as a test says. */
final class ChatServer implements AutoCloseable {
    /** What is done about a request. */
    @FunctionalInterface
    interface Answer {
        void to(Request request) throws IOException, InterruptedException;
    }

    /** A request that came, and the way back. */
    record Request(HttpExchange exchange, String body) {
        Headers headers() {
            return exchange.getRequestHeaders();
        }

        JsonNode json() {
            return Json.mapper().readTree(body);
        }

        /** Answers as a whole. */
        void reply(int status, String type, String text) throws IOException {
            byte[] bytes = text.getBytes(UTF_8);
            exchange.getResponseHeaders().set("content-type", type);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        }

        /** Begins a stream of events. */
        OutputStream stream() throws IOException {
            exchange.getResponseHeaders().set("content-type", "text/event-stream; charset=utf-8");
            exchange.sendResponseHeaders(200, 0);
            return exchange.getResponseBody();
        }
    }

    private final HttpServer http;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    private ChatServer(Answer answer) {
        try {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 2000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        http.setExecutor(threads);
        http.createContext("/v1/chat/completions", exchange -> {
            Request request = new Request(exchange, new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            requests.add(request);
            try {
                answer.to(request);
            } catch (InterruptedException e) {
                exchange.close();
            }
        });
        http.start();
    }

    static ChatServer that(Answer answer) {
        return new ChatServer(answer);
    }

    /** One event of a stream. */
    static byte[] event(String json) {
        return ("data: " + json + "\n\n").getBytes(UTF_8);
    }

    /** A piece of an answer by a model. */
    static String chunk(String model, String content) {
        return "{\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":%s,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":%s},\"finish_reason\":null}]}"
                .formatted(Json.writeText(model), Json.writeText(content));
    }

    /** A whole answer by a model. */
    static String completion(String model, String content) {
        return "{\"id\":\"c-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":%s,\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":%s},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}"
                .formatted(Json.writeText(model), Json.writeText(content));
    }

    String where() {
        return "127.0.0.1:" + http.getAddress().getPort();
    }

    /** Settings that lead here. */
    ChatSettings settings(Map<String, String> models) {
        return settings(null, models, Duration.ofSeconds(20));
    }

    ChatSettings settings(@Nullable String key, Map<String, String> models, Duration timeout) {
        return new ChatSettings(URI.create("http://" + where() + "/v1"), key, models, timeout);
    }

    /** What came so far. */
    List<Request> requests() {
        return requests;
    }

    @Override
    public void close() {
        http.stop(0);
        threads.shutdownNow();
    }
}
