package ai.tutti.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests whose time is over, and those whose client has left. */
final class DeadlineTest {
    private static final String HEADER = "x-tutti-timeout-ms";
    private static final String QUICK = "{\"model\":\"" + TestServer.MODEL + "\",\"input\":\"x\"}";
    private static final String TEXTS = "tutti_%s_texts_total{lane=\"bulk\",model=\"" + TestServer.MODEL + "\"}";
    private static final Duration GENEROUS = Duration.ofMinutes(1);

    private static final TestServer SERVER = TestServer.start(TestServer::slow);

    @AfterAll
    static void close() {
        SERVER.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "+5", "1.5", "5ms", "soon", "1e3", "86400001", "9999999999", "99999999999999999999"})
    void aTimeoutThatIsNoneIsA400ThatNamesTheHeaderAndTheLimit(String value) throws IOException {
        for (String path : new String[] {"/v1/embeddings", "/v1/rerank", "/v2/rerank"}) {
            String reply = SERVER.raw("POST %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%s: %s\r\ncontent-length: 2\r\n\r\n{}"
                    .formatted(path, HEADER, value));
            assertThat(reply).startsWith("HTTP/1.1 400 ").contains("\"param\":\"" + HEADER + "\"", "from 1 to 86400000");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"60000", "86400000", "0060000"})
    void aRequestThatIsAnsweredInTimeIsAnsweredAsEver(String value) {
        assertThat(SERVER.post("/v1/embeddings", QUICK, HEADER, value).statusCode()).isEqualTo(200);
        assertThat(SERVER.post("/v2/rerank", rerank(2, 1), HEADER, value).body().length).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/embeddings", "/embeddings", "/v1/rerank", "/v2/rerank"})
    void aRequestWhoseTimeIsOverIsA504AndItsWorkIsDropped(String path) throws Exception {
        String body = path.endsWith("rerank") ? rerank(400, 400) : embeddings(400, 400);
        double before = texts("computed");
        long began = System.nanoTime();
        HttpResponse<byte[]> reply = SERVER.post(path, body, HEADER, "300");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
        assertLate(reply, 300);
        Waiting.until(DeadlineTest::isIdle);
        assertThat(texts("computed") - before).isLessThan(400);
    }

    @Test
    void aTimeThatIsOverBeforeTheFirstTextIsTokenisedIsA504() {
        assertLate(SERVER.post("/v1/embeddings", embeddings(5000, 50), HEADER, "1"), 1);
        assertLate(SERVER.post("/v1/rerank", rerank(5000, 50), HEADER, "1"), 1);
    }

    @Test
    void theTimeCountsFromTheRequestsArrivalHoweverSlowItsBody() throws IOException {
        String head = "POST /v1/embeddings HTTP/1.1\r\nhost: x\r\n" + HEADER + ": 300\r\ncontent-length: 1000\r\n\r\n{";
        try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), SERVER.port())) {
            slow.setSoTimeout((int) GENEROUS.toMillis());
            slow.getOutputStream().write(head.getBytes(US_ASCII));
            byte[] reply = new byte[2000];
            int count = slow.getInputStream().read(reply);
            assertThat(new String(reply, 0, count, US_ASCII))
                    .startsWith("HTTP/1.1 504 ")
                    .contains("\r\nx-should-retry: false\r\n", "\r\nconnection: close\r\n");
        }
    }

    @Test
    void theServersOwnTimeoutIsForRequestsThatSayNothing() {
        TrafficSettings strict = new TrafficSettings(Duration.ofMillis(200), 0, false);
        try (TestServer hasty = TestServer.start(settings -> TestServer.slow(TestServer.regulated(settings, strict)))) {
            assertLate(hasty.post("/v1/embeddings", embeddings(400, 400)), 200);
            assertLate(hasty.post("/v2/rerank", rerank(400, 400)), 200);
            assertThat(hasty.post("/v1/embeddings", embeddings(20, 200), HEADER, "60000").statusCode()).isEqualTo(200);
            assertThat(hasty.get("/v1/models").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aReplyThatHasBegunIsBrokenAndCountsAsLate() throws Exception {
        Patience hasty =
                new Patience(Duration.ofMillis(20), GENEROUS, GENEROUS, Duration.ofSeconds(1));
        try (TestServer eager = TestServer.start(TestServer::slow, hasty)) {
            for (String path : new String[] {"/v1/embeddings", "/v1/rerank"}) {
                String body = path.endsWith("rerank") ? rerank(1000, 400) : embeddings(1000, 400);
                HttpResponse<InputStream> reply = eager.client()
                        .send(
                                HttpRequest.newBuilder(eager.uri(path))
                                        .header(HEADER, "2000")
                                        .POST(HttpRequest.BodyPublishers.ofString(body))
                                        .build(),
                                HttpResponse.BodyHandlers.ofInputStream());
                assertThat(reply.statusCode()).isEqualTo(200);
                assertThatThrownBy(() -> reply.body().readAllBytes()).isInstanceOf(IOException.class);
                String route = path.substring(3);
                Waiting.until(() -> scraped(eager, "tutti_requests_seconds_count{route=\"" + route + "\",status=\"504\"} 1"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/rerank", "/v2/rerank", "/v1/embeddings"})
    void workWhoseClientHasLeftIsDropped(String path) throws Exception {
        String body = path.endsWith("rerank") ? rerank(400, 400) : embeddings(400, 400);
        String head = "POST " + path + " HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length() + "\r\n\r\n";
        double before = texts("given_up");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), SERVER.port())) {
            socket.getOutputStream().write((head + body).getBytes(US_ASCII));
            Waiting.until(() -> SERVER.metric("tutti_queue_tokens") > 0);
        }
        Waiting.until(DeadlineTest::isIdle);
        assertThat(texts("given_up")).isGreaterThan(before);
    }

    private static boolean isIdle() {
        return SERVER.metric("tutti_queue_tokens") == 0 && SERVER.metric("tutti_workers_busy") == 0;
    }

    /** How many texts have come to an end. */
    private static double texts(String end) {
        return SERVER.metric(TEXTS.formatted(end));
    }

    private static void assertLate(HttpResponse<byte[]> reply, int millis) {
        assertThat(reply.statusCode()).isEqualTo(504);
        assertThat(reply.headers().firstValue("x-should-retry")).hasValue("false");
        assertThat(reply.headers().firstValue("x-request-id")).isPresent();
        assertThat(TestServer.error(reply).code()).isEqualTo("deadline_exceeded");
        assertThat(TestServer.error(reply).type()).isEqualTo("timeout_error");
        assertThat(TestServer.error(reply).message()).contains(millis + " ms", HEADER);
    }

    private static boolean scraped(TestServer server, String line) {
        return new String(server.get("/metrics").body(), UTF_8).lines().anyMatch(line::equals);
    }

    private static String embeddings(int texts, int words) {
        return "{\"model\":\"%s\",\"input\":%s}".formatted(TestServer.MODEL, ManyTexts.json(texts, words));
    }

    private static String rerank(int documents, int words) {
        return "{\"model\":\"%s\",\"query\":\"tide\",\"documents\":%s}".formatted(TestServer.MODEL, ManyTexts.json(documents, words));
    }
}
