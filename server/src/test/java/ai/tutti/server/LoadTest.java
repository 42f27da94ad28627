package ai.tutti.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.api.EmbeddingInput;
import ai.tutti.api.EmbeddingsReply;
import ai.tutti.api.EmbeddingsRequest;
import ai.tutti.api.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Many clients, long requests, clients that leave. */
final class LoadTest {
    private final TestServer server = TestServer.shared();

    @Test
    void thirtyTwoClientsAtOnceAllGetTheirOwnVectors() throws Exception {
        Map<String, float[]> alone = new HashMap<>();
        for (int i = 0; i < 32; i++) {
            alone.put(text(i), embed(List.of(text(i))).getFirst());
        }
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> right = new ArrayList<>();
            for (int client = 0; client < 32; client++) {
                int first = client;
                right.add(clients.submit(() -> {
                    for (int round = 0; round < 5; round++) {
                        List<String> texts =
                                IntStream.range(0, 1 + first % 5).mapToObj(i -> text((first + i) % 32)).toList();
                        List<float[]> vectors = embed(texts);
                        for (int i = 0; i < texts.size(); i++) {
                            assertThat(vectors.get(i)).isEqualTo(alone.get(texts.get(i)));
                        }
                    }
                    return true;
                }));
            }
            for (Future<Boolean> each : right) {
                assertThat(each.get()).isTrue();
            }
        }
    }

    @Test
    void aLongReplyBeginsLongBeforeItEnds() throws Exception {
        List<String> texts = IntStream.range(0, 8_000).mapToObj(LoadTest::text).toList();
        long asked = System.nanoTime();
        HttpResponse<InputStream> reply = server.client()
                .send(
                        HttpRequest.newBuilder(server.uri("/v1/embeddings"))
                                .header("content-type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofByteArray(body(texts)))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        long begun = System.nanoTime() - asked;
        byte[] body = reply.body().readAllBytes();
        long ended = System.nanoTime() - asked;

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("transfer-encoding")).hasValue("chunked");
        assertThat(begun).isLessThan(ended / 2);
        EmbeddingsReply parsed = Json.read(body, EmbeddingsReply.class);
        assertThat(parsed.data()).hasSize(8_000);
        for (int i : new int[] {0, 3_999, 7_999}) {
            assertThat(parsed.data().get(i).index()).isEqualTo(i);
            assertThat(parsed.data().get(i).embedding()).isEqualTo(embed(List.of(text(i))).getFirst());
        }
        assertThat(parsed.usage()).isNotNull();
    }

    @Test
    void aReaderThatStopsStopsTheWorkAndNobodyElse() throws Exception {
        try (Socket socket = ask(20_000)) {
            assertThat(new String(socket.getInputStream().readNBytes(15), US_ASCII)).isEqualTo("HTTP/1.1 200 OK");
            double[] before = {-1};
            Waiting.until(() -> {
                double waiting = server.metric("tutti_queue_tokens");
                boolean still = waiting == before[0];
                before[0] = waiting;
                pause();
                return still;
            });
            assertThat(server.metric("tutti_queue_tokens")).isPositive();
            assertThat(embed(List.of("somebody else"))).hasSize(1);
        }
        Waiting.until(() -> server.metric("tutti_queue_tokens") == 0);
    }

    @Test
    void aShortQueryDoesNotWaitUntilLongRequestsAreTokenised() throws Exception {
        String text = "\"" + "harbour quay sea wind tide moon river bread ".repeat(60) + "\"";
        String body = "{\"model\":\"%s\",\"input\":[%s]}"
                .formatted(TestServer.MODEL, String.join(",", Collections.nCopies(3_500, text)));
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<HttpResponse<byte[]>>> bulk = new ArrayList<>();
            double before = server.metric("tutti_requests_in_flight");
            for (int i = 0; i < 4; i++) {
                bulk.add(clients.submit(() -> server.post("/v1/embeddings", body.replace("[", "[" + "\"a\",".repeat(3)))));
            }
            Waiting.until(() -> server.metric("tutti_requests_in_flight") > before + 3);
            long asked = System.nanoTime();
            assertThat(embed(List.of("a short query"))).hasSize(1);
            Duration waited = Duration.ofNanos(System.nanoTime() - asked);
            assertThat(bulk).noneMatch(Future::isDone);
            assertThat(waited).isLessThan(Duration.ofSeconds(5));
            bulk.forEach(each -> each.cancel(true));
        }
        Waiting.until(() -> server.metric("tutti_queue_tokens") == 0);
    }

    @Test
    void workWhoseClientHasLeftIsDropped() throws Exception {
        double inFlight = server.metric("tutti_requests_in_flight");
        for (int i = 0; i < 4; i++) {
            try (Socket _ = ask(10_000)) {
                Waiting.until(() -> server.metric("tutti_queue_tokens") > 0);
            }
        }
        Waiting.until(() -> server.metric("tutti_queue_tokens") == 0 && server.metric("tutti_queue_texts") == 0);
        Waiting.until(() -> server.metric("tutti_requests_in_flight") == inFlight);
        assertThat(embed(List.of("and on it goes"))).hasSize(1);
    }

    @Test
    void aQueueFullOfBulkWorkIsA429ForMoreOfItAndTakesQueries() throws Exception {
        try (TestServer small = TestServer.start(
                        settings -> TestServer.slow(TestServer.limited(settings, 10 << 20, 1_000_000, 1_000)));
                Socket _ = ask(small, 20_000)) {
            Waiting.until(() -> small.metric("tutti_queue_tokens") > 1_000);
            byte[] body = body(List.of("one more"));
            String reply = small.raw("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                    + "x-tutti-priority: bulk\r\ncontent-length: " + body.length + "\r\n\r\n" + new String(body, US_ASCII));
            assertThat(reply).startsWith("HTTP/1.1 429 ").contains("\"code\":\"queue_full\"");
            assertThat(reply).containsPattern("\r\nretry-after: [1-9][0-9]?\r\n");
            assertThat(small.post("/v1/embeddings", new String(body, US_ASCII)).statusCode()).isEqualTo(200);
            assertThat(small.post("/v1/rerank", "{\"model\":\"%s\",\"query\":\"q\",\"documents\":[\"d\"]}".formatted(TestServer.MODEL))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(small.get("/readyz").statusCode()).isEqualTo(200);
            assertThat(small.metric("tutti_queue_tokens")).isGreaterThan(1_000);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String text(int i) {
        return "text %d of the harbour's log, %s".formatted(i, "calm ".repeat(i % 5));
    }

    private Socket ask(int texts) throws IOException {
        return ask(server, texts);
    }

    /** A request on a connection of its own, with nobody reading the reply. */
    private static Socket ask(TestServer server, int texts) throws IOException {
        byte[] body = body(IntStream.range(0, texts).mapToObj(LoadTest::text).toList());
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.getOutputStream()
                .write(("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length + "\r\n\r\n").getBytes(US_ASCII));
        socket.getOutputStream().write(body);
        return socket;
    }

    private static byte[] body(List<String> texts) {
        return Json.write(
                new EmbeddingsRequest(TestServer.MODEL, new EmbeddingInput.Texts(texts), null, null, null, null, null));
    }

    private List<float[]> embed(List<String> texts) {
        HttpResponse<byte[]> reply = server.post("/v1/embeddings", new String(body(texts), US_ASCII));
        assertThat(reply.statusCode()).isEqualTo(200);
        return TestServer.as(reply, EmbeddingsReply.class).data().stream()
                .map(EmbeddingsReply.Embedding::embedding)
                .toList();
    }
}
