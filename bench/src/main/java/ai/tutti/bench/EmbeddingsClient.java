package ai.tutti.bench;

import ai.tutti.hub.Hub;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Sends requests that were made before the measuring began, over connections that stay open, and drops the replies. */
final class EmbeddingsClient implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI uri;

    EmbeddingsClient(int port) {
        uri = URI.create("http://127.0.0.1:" + port + "/v1/embeddings");
    }

    /** A request for the texts' vectors as {@code float} or {@code base64}. */
    HttpRequest request(List<String> texts, String encoding) {
        var body = JSON.writeValueAsBytes(Map.of("model", Hub.BUNDLED, "input", texts, "encoding_format", encoding));
        return HttpRequest.newBuilder(uri)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
    }

    void send(HttpRequest request) throws IOException, InterruptedException {
        int status = http.send(request, BodyHandlers.discarding()).statusCode();
        if (status != 200) {
            throw new IllegalStateException("status " + status);
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
