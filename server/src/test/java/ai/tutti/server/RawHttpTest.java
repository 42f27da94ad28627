package ai.tutti.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no HTTP library would send. */
final class RawHttpTest {
    private static final String HEAD = " HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n";
    private static final String GOOD = "{\"model\":\"" + TestServer.MODEL + "\",\"input\":\"x\"}";

    private final TestServer server = TestServer.shared();

    @ParameterizedTest
    @CsvSource({
        "'\u0016\u0003\u0001 nonsense\r\n\r\n',400",
        "'GET /livez\r\n\r\n',400",
        "'GET /livez HTTP/1.1\r\n\r\n',400",
        "'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: two\r\n\r\n{}',400",
        "'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: -2\r\n\r\n{}',400",
        "'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',400",
        "'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',400",
        "'GET /v1/models/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',400",
        "'CONNECT x:80 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',404",
        "'OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',404",
        "'FOO /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',405",
        "'GET /livez HTTP/1.0\r\n\r\n',200",
    })
    void whatIsNotGoodHttpGetsACleanAnswer(String request, int status) throws IOException {
        String reply = server.raw(request);
        assertThat(reply).matches("(?s)HTTP/1\\.[01] " + status + " .*");
        if (status != 200) {
            assertThat(reply).contains("{\"id\":\"", "\"error\":{\"message\":\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"two", "-1", "1.5", "2\r\ncontent-length: 3", "99999999999999999999"})
    void aLengthThatIsNoneIsNamed(String length) throws IOException {
        assertThat(server.raw("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: " + length + "\r\n\r\n{}"))
                .startsWith("HTTP/1.1 400 ")
                .contains("\"message\":\"the header content-length must be one whole number of bytes\"");
    }

    @Test
    void aPathThatIsTooLongIsA414AndHeadersThatAreA431() throws IOException {
        assertThat(server.raw("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nhost: x\r\n\r\n")).startsWith("HTTP/1.0 414 ");
        assertThat(server.raw("GET / HTTP/1.1\r\nhost: x\r\nx: " + "a".repeat(40_000) + "\r\n\r\n")).startsWith("HTTP/1.1 431 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/livez", "/readyz", "/metrics", "/openapi.json", "/v1/models"})
    void aHealthCheckersHeadRequestGetsTheHeadAlone(String path) throws IOException {
        String reply = server.raw("HEAD " + path + " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assertThat(reply).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\n").containsOnlyOnce("\r\n\r\n");
        assertThat(reply).contains("content-type: ");
    }

    @Test
    void headersAreInLowerCase() throws IOException {
        String reply = server.raw("POST /v1/embeddings" + HEAD + "content-length: " + GOOD.length() + "\r\n\r\n" + GOOD);
        assertThat(reply).startsWith("HTTP/1.1 200 OK\r\n");
        String headers = reply.substring(0, reply.indexOf("\r\n\r\n"));
        assertThat(headers.lines().skip(1)).allMatch(line -> line.substring(0, line.indexOf(':')).matches("[a-z0-9-]+"));
        assertThat(headers).contains("x-tutti-precision: ", "x-tutti-truncated-tokens: 0", "content-length: ", "x-request-id: ");
    }

    @Test
    void aBodyMayComeInChunksAndAfterA100() throws IOException {
        String chunked = "POST /v1/embeddings" + HEAD + "transfer-encoding: chunked\r\n\r\n"
                + Integer.toHexString(GOOD.length()) + "\r\n" + GOOD + "\r\n0\r\n\r\n";
        assertThat(server.raw(chunked)).startsWith("HTTP/1.1 200 OK\r\n");
        String expecting =
                "POST /v1/embeddings" + HEAD + "expect: 100-continue\r\ncontent-length: " + GOOD.length() + "\r\n\r\n" + GOOD;
        assertThat(server.raw(expecting)).startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
        String tooLong = "POST /v1/embeddings" + HEAD + "expect: 100-continue\r\ncontent-length: 99999999999\r\n\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream().write(tooLong.getBytes(US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(12), US_ASCII))
                    .isEqualTo("HTTP/1.1 413");
        }
    }

    @Test
    void http10GetsAWholeReply() throws IOException {
        String reply = server.raw("POST /v1/embeddings HTTP/1.0\r\ncontent-length: " + GOOD.length() + "\r\n\r\n" + GOOD);
        assertThat(reply).startsWith("HTTP/1.0 200 OK\r\n").contains("content-length: ").endsWith("}}");
    }

    @Test
    void clientsThatHangUpInTheMiddleOfABodyAreForgotten() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                OutputStream out = socket.getOutputStream();
                out.write(("POST /v1/embeddings" + HEAD + "content-length: 500000\r\n\r\n{\"model\":").getBytes(
                        US_ASCII));
            }
        }
        Waiting.until(() -> server.metric("tutti_requests_in_flight") == 1);
        assertThat(server.post("/v1/embeddings", GOOD).statusCode()).isEqualTo(200);
    }
}
