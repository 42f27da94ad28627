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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who counts as one caller: one who fills the queue is refused more, others are not. */
final class CallerTest {
    private static final String ONE_TEXT = "{\"model\":\"" + TestServer.MODEL + "\",\"input\":\"x\"}";

    @Test
    void withKeysACallerIsWhoHasAKey() throws Exception {
        List<String> keys = List.of("first-key", "second-key");
        try (TestServer server = start(settings -> TestServer.guarded(settings, keys, false));
                Socket _ = fill(server, "authorization: Bearer first-key")) {
            assertRefused(server, "authorization", "Bearer first-key");
            assertAdmitted(server, "authorization", "Bearer second-key");
            assertRefused(server, "authorization", "Bearer first-key", "x-forwarded-for", "10.0.0.9");
            assertStillFull(server);
        }
    }

    @Test
    void withoutKeysACallerIsAnAddressWhateverItSays() throws Exception {
        try (TestServer server = start(settings -> settings);
                Socket _ = fill(server, "authorization: Bearer first-key")) {
            assertRefused(server, "authorization", "Bearer second-key");
            assertRefused(server, "x-forwarded-for", "10.0.0.2");
            assertStillFull(server);
        }
    }

    @Test
    void behindAProxyACallerIsTheLastAddressThatItForwardsFor() throws Exception {
        TrafficSettings traffic = new TrafficSettings(null, 0, true);
        try (TestServer server = start(settings -> TestServer.regulated(settings, traffic));
                Socket _ = fill(server, "x-forwarded-for: 10.0.0.7, 10.0.0.1")) {
            assertRefused(server, "x-forwarded-for", "10.0.0.1");
            assertRefused(server, "x-forwarded-for", "10.0.0.2,10.0.0.1 ");
            assertAdmitted(server, "x-forwarded-for", "10.0.0.1, 10.0.0.2");
            assertAdmitted(server, "x-forwarded-for", "x".repeat(10_000)); // nobody's address: the connection's
            assertThat(server.metric("tutti_refused_requests_total{lane=\"bulk\",model=\"%s\"}".formatted(TestServer.MODEL)))
                    .isEqualTo(2);
            assertStillFull(server);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1",
        "192.0.2.1:4711, 192.0.2.1",
        "'10.0.0.7, 192.0.2.1', 192.0.2.1",
        "::ffff:192.0.2.1, 192.0.2.1",
        "2001:db8:1:2:3:4:5:6, 2001:db8:1:2:0:0:0:0/64",
        "2001:db8:1:2::9, 2001:db8:1:2:0:0:0:0/64",
        "2001:0DB8:1:2::9, 2001:db8:1:2:0:0:0:0/64",
        "[2001:db8:1:2::9], 2001:db8:1:2:0:0:0:0/64",
        "[2001:db8:1:2::9]:4711, 2001:db8:1:2:0:0:0:0/64",
        "2001:db8:1:3::9, 2001:db8:1:3:0:0:0:0/64",
        "fe80::1%eth0, fe80:0:0:0:0:0:0:0/64",
        "[fe80::1%3]:80, fe80:0:0:0:0:0:0:0/64",
    })
    void ofAnAddressThatWasForwardedPortAndZoneDoNotCountAndOfVersion6TheNetworkAlone(String forwarded, String caller) {
        assertThat(Caller.address(List.of("10.0.0.5", forwarded), "127.0.0.1")).isEqualTo(caller);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "unknown", "localhost", "example.org", "_hidden", "192.0.2.256", "10.0.0.1 10.0.0.2", "[", "[]", ":",
            "1:2:3", "192.0.2.1,"})
    void whatIsNoAddressIsNotLookedUpAndThePeerCounts(String forwarded) {
        assertThat(Caller.address(List.of(forwarded), "192.0.2.9")).isEqualTo("192.0.2.9");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1",
        "2001:db8:1:2:3:4:5:6, 2001:db8:1:2:0:0:0:0/64",
        "fe80:0:0:0:1:2:3:4%2, fe80:0:0:0:0:0:0:0/64",
        "'', ''",
    })
    void ofAPeerOfVersion6TheNetworkCounts(String peer, String caller) {
        assertThat(Caller.address(List.of(), peer)).isEqualTo(caller);
    }

    private static TestServer start(UnaryOperator<ServerSettings> settings) {
        return TestServer.start(defaults ->
                settings.apply(TestServer.slow(TestServer.limited(defaults, 10 << 20, 1_000_000, 1_000))));
    }

    /** Puts more bulk work into the queue than one caller may have there. */
    private static Socket fill(TestServer server, String header) throws IOException, InterruptedException {
        String body = "{\"model\":\"%s\",\"input\":%s}".formatted(TestServer.MODEL, ManyTexts.json(2000, 200));
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.getOutputStream()
                .write("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\n%s\r\ncontent-length: %d\r\n\r\n%s"
                        .formatted(header, body.length(), body)
                        .getBytes(US_ASCII));
        Waiting.until(() -> server.metric("tutti_queue_tokens") > 1_000);
        return socket;
    }

    /** What was tried was tried while the work lay there. */
    private static void assertStillFull(TestServer server) {
        assertThat(server.metric("tutti_queue_tokens")).isGreaterThan(1_000);
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
