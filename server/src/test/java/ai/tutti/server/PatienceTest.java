package ai.tutti.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What happens when something takes long: a computation, an upload, the end. */
final class PatienceTest {
    private static final Patience SHORT =
            new Patience(Duration.ofMillis(20), Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofMillis(200));

    @Test
    void aLongRerankBeginsItsReplyBeforeAllIsComputed() {
        String body = "{\"model\":\"%s\",\"query\":\"tide\",\"top_n\":3,\"documents\":%s}"
                .formatted(TestServer.MODEL, ManyTexts.json(200, 60));
        try (TestServer server = TestServer.start(settings -> settings, SHORT)) {
            for (String path : new String[] {"/v1/rerank", "/v2/rerank"}) {
                HttpResponse<byte[]> reply = server.post(path, body);
                assertThat(reply.statusCode()).isEqualTo(200);
                assertThat(reply.headers().firstValue("transfer-encoding")).hasValue("chunked");
                assertThat(reply.headers().firstValue("x-tutti-precision")).isPresent();
                assertThat(reply.headers().firstValue("x-tutti-truncated-tokens")).hasValue("0");
                assertThat(new String(reply.body(), UTF_8)).matches("(?s) +\\{\"[a-z].*");
                JsonNode expected = TestServer.json(TestServer.shared().post(path, body)).path("results");
                assertThat(TestServer.json(reply).path("results")).hasSize(3).isEqualTo(expected);
            }
        }
    }

    @Test
    void anUploadThatStallsIsA408AndASlowOneIsRead() throws Exception {
        String body = "{\"model\":\"" + TestServer.MODEL + "\",\"input\":\"x\"}";
        String head = "POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length() + "\r\n\r\n";
        try (TestServer server = TestServer.start(settings -> settings, SHORT)) {
            try (Socket stalled = send(server, head + body.substring(0, 10))) {
                String reply = readTo(stalled, "upload_stalled");
                assertThat(reply).startsWith("HTTP/1.1 408 ").contains("\r\nconnection: close\r\n", "for 1 seconds");
            }
            try (Socket slow = send(server, head)) {
                for (byte letter : body.getBytes(US_ASCII)) {
                    slow.getOutputStream().write(letter);
                    Thread.sleep(40);
                }
                assertThat(readTo(slow, "\r\n")).isEqualTo("HTTP/1.1 200 OK\r\n");
            }
        }
    }

    @Test
    void aClientThatStopsReadingIsGivenUpAndItsRoomInTheQueueIsFree() throws Exception {
        String body = "{\"model\":\"%s\",\"input\":%s}".formatted(TestServer.MODEL, ManyTexts.json(20_000, 1));
        String head = "POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length() + "\r\n\r\n";
        try (TestServer server = TestServer.start(settings -> settings, SHORT);
                Socket deaf = send(server, head + body)) {
            Waiting.until(() -> server.metric("tutti_queue_tokens") > 0);
            Waiting.until(() -> server.metric("tutti_queue_tokens") == 0);
            Waiting.until(() -> server.metric("tutti_requests_in_flight") == 1);
            assertThat(readToEnd(deaf)).startsWith("HTTP/1.1 200 OK\r\n").doesNotContain("\"usage\"");
        }
    }

    @Test
    void uploadsBeyondTheMemoryForThemAreA503UntilThereIsRoom() throws Exception {
        long all = 1L << 40;
        try (TestServer server = TestServer.start(settings -> TestServer.limited(settings, all, 1000, 1000))) {
            try (Socket large = announce(server, all)) {
                assertThat(readTo(large, "\r\n")).isEqualTo("HTTP/1.1 100 Continue\r\n");
                try (Socket small = announce(server, 1)) {
                    assertThat(readTo(small, "uploads_full")).startsWith("HTTP/1.1 503 ").contains("\r\nretry-after: 2\r\n");
                }
            }
            Waiting.until(() -> {
                try (Socket again = announce(server, all)) {
                    return readTo(again, "\r\n").equals("HTTP/1.1 100 Continue\r\n");
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
        }
    }

    @Test
    void aReplyThatOutlastsTheEndOfTheServerIsBrokenAndNotCutShort() throws Exception {
        List<Throwable> uncaught = new CopyOnWriteArrayList<>();
        Thread.setDefaultUncaughtExceptionHandler((thread, fault) -> uncaught.add(fault));
        try (TestServer server = TestServer.start(settings -> settings, SHORT)) {
            String body = "{\"model\":\"%s\",\"input\":%s}".formatted(TestServer.MODEL, ManyTexts.json(20_000, 20));
            HttpResponse<InputStream> reply = server.client()
                    .send(
                            HttpRequest.newBuilder(server.uri("/v1/embeddings"))
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            HttpResponse.BodyHandlers.ofInputStream());
            assertThat(reply.statusCode()).isEqualTo(200);
            long began = System.nanoTime();
            server.server().close();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMinutes(1));
            assertThatThrownBy(() -> reply.body().readAllBytes()).isInstanceOf(IOException.class);
            Thread.sleep(300); // for the request's thread to end
            assertThat(uncaught).isEmpty();
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(null);
        }
    }

    private static Socket announce(TestServer server, long length) throws IOException {
        return send(
                server,
                "POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: " + length + "\r\n\r\n");
    }

    private static Socket send(TestServer server, String request) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write(request.getBytes(US_ASCII));
        return socket;
    }

    /** Reads until the other side ends or breaks the connection. */
    private static String readToEnd(Socket socket) {
        StringBuilder read = new StringBuilder();
        byte[] bytes = new byte[1 << 16];
        try {
            for (int count = 0; count >= 0; count = socket.getInputStream().read(bytes)) {
                read.append(new String(bytes, 0, count, US_ASCII));
            }
        } catch (SocketException e) {
            return read.toString();
        } catch (IOException e) {
            throw new AssertionError("the connection was left open", e);
        }
        return read.toString();
    }

    /** Reads until a text has come, which must be before the connection ends. */
    private static String readTo(Socket socket, String end) throws IOException {
        StringBuilder read = new StringBuilder();
        while (read.indexOf(end) < 0) {
            int next = socket.getInputStream().read();
            assertThat(next).as("the connection's end after: " + read).isNotNegative();
            read.append((char) next);
        }
        return read.toString();
    }
}
