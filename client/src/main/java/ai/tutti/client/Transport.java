package ai.tutti.client;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sends requests to the paths under the base URL. */
final class Transport {
    private static final String USER_AGENT = "Tutti/Java " + version();

    private final HttpClient http;
    private final Settings settings;

    /**
     * Connects when first needed.
     *
     * @throws IllegalArgumentException when one of the headers cannot be sent
     */
    Transport(HttpClient http, Settings settings) {
        this.http = http;
        this.settings = settings;
        var unusedCheck = request("").build();
    }

    Settings settings() {
        return settings;
    }

    /** Asks for a whole reply. */
    <T> CompletableFuture<T> get(String path, Function<Reply, T> reader) {
        return send(() -> request(path).GET(), false, reader);
    }

    /** Sends JSON and asks for a whole reply. */
    <T> CompletableFuture<T> post(
            String path, Object body, Map<String, @Nullable Object> extras, Function<Reply, T> reader) {
        return send(() -> posting(path, body, extras), false, reader);
    }

    /** Sends JSON and asks for server-sent events. */
    <T> CompletableFuture<T> stream(
            String path, Object body, Map<String, @Nullable Object> extras, Function<Reply, T> reader) {
        return send(() -> posting(path, body, extras).setHeader("accept", "text/event-stream"), true, reader);
    }

    private <T> CompletableFuture<T> send(
            Supplier<HttpRequest.Builder> builder, boolean streamed, Function<Reply, T> reader) {
        HttpRequest request;
        try {
            request = builder.get().build();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
        return Call.start(() -> Attempt.start(http, request, settings, streamed), reader, settings.retries());
    }

    private HttpRequest.Builder posting(String path, Object body, Map<String, @Nullable Object> extras) {
        return request(path)
                .setHeader("content-type", "application/json")
                .POST(BodyPublishers.ofByteArray(Wire.write(body, extras)));
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(settings.baseUrl().resolve(path))
                .setHeader("accept", "application/json")
                .setHeader("user-agent", USER_AGENT);
        if (!settings.baseUrl().getScheme().equals("https")) {
            // Or each first request would offer to change to HTTP/2, which not every server takes kindly.
            request.version(HttpClient.Version.HTTP_1_1);
        }
        settings.headers().forEach(request::setHeader);
        return request;
    }

    private static String version() {
        String version = Transport.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
