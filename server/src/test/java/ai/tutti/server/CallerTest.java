package ai.tutti.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Who counts as one caller: one who fills the queue is refused more, others are not. */
final class CallerTest {
    private static final String ONE_TEXT = "{\"model\":\"" + TestServer.MODEL + "\",\"input\":\"x\"}";

    @Test
    void withKeysACallerIsWhoHasAKey() throws Exception {
        List<String> keys = List.of("first-key", "second-key");
        try (TestServer server = start(settings -> TestServer.guarded(settings, keys, false));
                Socket bulk = fill(server, "authorization: Bearer first-key")) {
            assertRefused(server, "authorization", "Bearer first-key");
            assertAdmitted(server, "authorization", "Bearer second-key");
            assertRefused(server, "authorization", "Bearer first-key", "x-forwarded-for", "10.0.0.9");
            assertThat(bulk.isClosed()).isFalse();
        }
    }

    @Test
    void withoutKeysACallerIsAnAddressWhateverItSays() throws Exception {
        try (TestServer server = start(settings -> settings);
                Socket bulk = fill(server, "authorization: Bearer first-key")) {
            assertRefused(server, "authorization", "Bearer second-key");
            assertRefused(server, "x-forwarded-for", "10.0.0.2");
            assertThat(bulk.isClosed()).isFalse();
        }
    }

    @Test
    void behindAProxyACallerIsTheLastAddressThatItForwardsFor() throws Exception {
        TrafficSettings traffic = new TrafficSettings(null, 0, true);
        try (TestServer server = start(settings -> TestServer.regulated(settings, traffic));
                Socket bulk = fill(server, "x-forwarded-for: 10.0.0.7, 10.0.0.1")) {
            assertRefused(server, "x-forwarded-for", "10.0.0.1");
            assertRefused(server, "x-forwarded-for", "10.0.0.2,10.0.0.1 ");
            assertAdmitted(server, "x-forwarded-for", "10.0.0.1, 10.0.0.2");
            assertAdmitted(server, "x-forwarded-for", "x".repeat(10_000)); // nobody's address: the connection's
            assertThat(server.metric("tutti_refused_requests_total{lane=\"bulk\",model=\"%s\"}".formatted(TestServer.MODEL)))
                    .isEqualTo(2);
            assertThat(bulk.isClosed()).isFalse();
        }
    }

    private static TestServer start(UnaryOperator<ServerSettings> settings) {
        return TestServer.start(defaults -> settings.apply(TestServer.limited(defaults, 10 << 20, 1_000_000, 1_000)));
    }

    /** Puts more bulk work into the queue than one caller may have there. */
    private static Socket fill(TestServer server, String header) throws IOException, InterruptedException {
        String texts = ("\"" + "tide ".repeat(200) + "\",").repeat(2000);
        String body = "{\"model\":\"%s\",\"input\":[%s\"x\"]}".formatted(TestServer.MODEL, texts);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.getOutputStream()
                .write("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\n%s\r\ncontent-length: %d\r\n\r\n%s"
                        .formatted(header, body.length(), body)
                        .getBytes(US_ASCII));
        Waiting.until(() -> server.metric("tutti_queue_tokens") > 1_000);
        return socket;
    }

    private static void assertRefused(TestServer server, String... headers) {
        HttpResponse<byte[]> reply = bulk(server, headers);
        assertThat(reply.statusCode()).isEqualTo(429);
        assertThat(TestServer.error(reply).message()).contains("1,000").doesNotContain("key", "10.0.0", "127.0.0");
        assertThat(Integer.parseInt(reply.headers().firstValue("retry-after").orElseThrow())).isBetween(1, 60);
    }

    private static void assertAdmitted(TestServer server, String... headers) {
        assertThat(bulk(server, headers).statusCode()).isEqualTo(200);
    }

    private static HttpResponse<byte[]> bulk(TestServer server, String... headers) {
        String[] all = new String[headers.length + 2];
        System.arraycopy(headers, 0, all, 0, headers.length);
        all[headers.length] = "x-tutti-priority";
        all[headers.length + 1] = "bulk";
        return server.post("/v1/embeddings", ONE_TEXT, all);
    }
}
