package ai.tutti.client;

import static ai.tutti.client.ScriptedServer.chunked;
import static ai.tutti.client.ScriptedServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.tutti.client.ScriptedServer.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a request is sent again, and how soon. */
@Execution(ExecutionMode.CONCURRENT)
class RetriesTest {
    private static final String BUSY = "{\"error\":{\"message\":\"busy\",\"type\":\"t\"}}";
    private static final String SOON = "retry-after-ms: 1";
    private static final EmbeddingCreateParams PARAMS = EmbeddingCreateParams.of("m", "abc");

    private static void embeds(ScriptedServer server) {
        assertThat(server.client().build().embeddings().create(PARAMS).data().getFirst().embedding()).containsExactly(3, 1);
    }

    private static Duration between(List<Request> requests, int first) {
        return Duration.ofNanos(requests.get(first + 1).nanos() - requests.get(first).nanos());
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 409, 429, 500, 502, 503, 504})
    void whatMayPassIsTriedAgain(int status) {
        try (ScriptedServer server =
                ScriptedServer.with(json(status, BUSY, SOON), json(status, BUSY, SOON), ScriptedServer::embed)) {
            embeds(server);
            String body = server.requests().getFirst().body();
            assertThat(server.requests()).hasSize(3).extracting(Request::body).containsOnly(body);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 413, 422})
    void whatWillNotPassIsNot(int status) {
        try (ScriptedServer server = ScriptedServer.with(json(status, BUSY, SOON))) {
            Embeddings embeddings = server.client().build().embeddings();
            assertThatThrownBy(() -> embeddings.create(PARAMS)).isInstanceOf(ApiStatusException.class).hasMessage("busy");
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void afterTwoTriesMoreTheErrorIsFinal() {
        try (ScriptedServer server = ScriptedServer.with(json(429, BUSY, SOON))) {
            Embeddings embeddings = server.client().build().embeddings();
            assertThatThrownBy(() -> embeddings.create(PARAMS)).isInstanceOf(RateLimitException.class);
            assertThat(server.requests()).hasSize(3);
        }
    }

    @Test
    void theNumberOfTriesIsSettable() {
        try (ScriptedServer server = ScriptedServer.with(json(429, BUSY, SOON))) {
            assertThat(catchThrowable(() -> server.client().maxRetries(0).build().embeddings().create(PARAMS)))
                    .isInstanceOf(RateLimitException.class);
            assertThat(server.requests()).hasSize(1);
            assertThat(catchThrowable(() -> server.client().maxRetries(5).build().embeddings().create(PARAMS)))
                    .isInstanceOf(RateLimitException.class);
            assertThat(server.requests()).hasSize(7);
        }
    }

    @Test
    void theServiceMayForbidIt() {
        try (ScriptedServer server = ScriptedServer.with(json(504, BUSY, SOON, "x-should-retry: false"))) {
            Embeddings embeddings = server.client().build().embeddings();
            assertThatThrownBy(() -> embeddings.create(PARAMS)).isInstanceOf(InternalServerException.class);
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void theServiceMayAskForIt() {
        try (ScriptedServer server =
                ScriptedServer.with(json(400, BUSY, SOON, "x-should-retry: true"), ScriptedServer::embed)) {
            embeds(server);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "retry-after: 2",
                "Retry-After: 1.9",
                "retry-after-ms: 1900\r\nretry-after: 30",
                "retry-after-ms: soon\r\nretry-after: 2",
            })
    void itWaitsAsLongAsItIsTold(String header) {
        try (ScriptedServer server = ScriptedServer.with(json(429, BUSY, header), ScriptedServer::embed)) {
            embeds(server);
            assertThat(between(server.requests(), 0)).isBetween(Duration.ofMillis(1_900), Duration.ofSeconds(10));
        }
    }

    @Test
    void itWaitsUntilTheDateItIsTold() {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(4));
        try (ScriptedServer server = ScriptedServer.with(json(503, BUSY, "retry-after: " + date), ScriptedServer::embed)) {
            embeds(server);
            assertThat(between(server.requests(), 0)).isBetween(Duration.ofMillis(2_500), Duration.ofSeconds(12));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x: y",
                "retry-after: 0",
                "retry-after: 3600",
                "retry-after: later",
                "retry-after: -5",
                "retry-after: NaN",
                "retry-after: Wed, 21 Oct 2015 07:28:00 GMT",
            })
    void elseItBacksOff(String header) {
        ScriptedServer.Line busy = json(503, BUSY, header);
        try (ScriptedServer server = ScriptedServer.with(busy, busy, ScriptedServer::embed)) {
            embeds(server);
            assertThat(between(server.requests(), 0)).isBetween(Duration.ofMillis(370), Duration.ofSeconds(5));
            assertThat(between(server.requests(), 1)).isBetween(Duration.ofMillis(740), Duration.ofSeconds(10));
        }
    }

    @Test
    void aConnectionThatIsResetBeforeTheReply() {
        ScriptedServer.Line broken = (request, connection) -> connection.reset();
        try (ScriptedServer server = ScriptedServer.with(broken, ScriptedServer::embed)) {
            embeds(server);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @Test
    void aConnectionThatIsClosedBeforeTheReply() {
        ScriptedServer.Line broken = (request, connection) -> connection.close();
        try (ScriptedServer server = ScriptedServer.with(broken, ScriptedServer::embed)) {
            embeds(server);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @Test
    void aReplyThatBreaksInTheMidstOfAChunk() {
        ScriptedServer.Line broken = (request, connection) -> {
            connection.send(chunked(200, "application/json") + "40\r\n{\"object\":");
            connection.close();
        };
        try (ScriptedServer server = ScriptedServer.with(broken, ScriptedServer::embed)) {
            embeds(server);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @Test
    void aReplyThatBreaksBetweenTwoChunks() {
        ScriptedServer.Line broken = (request, connection) -> {
            connection.send(chunked(200, "application/json"));
            connection.chunk("{\"object\":");
            connection.close();
        };
        try (ScriptedServer server = ScriptedServer.with(broken)) {
            Embeddings embeddings = server.client().maxRetries(1).build().embeddings();
            assertThatThrownBy(() -> embeddings.create(PARAMS))
                    .isInstanceOf(ApiConnectionException.class)
                    .hasMessageStartingWith("the request to " + server.url() + "/embeddings broke off: ");
            assertThat(server.requests()).hasSize(2);
        }
    }

    @Test
    void aReplyThatIsShorterThanItSays() {
        ScriptedServer.Line broken = (request, connection) -> {
            connection.send(ScriptedServer.head(200, "application/json", "content-length: 900") + "{\"object\":");
            connection.close();
        };
        try (ScriptedServer server = ScriptedServer.with(broken, ScriptedServer::embed)) {
            embeds(server);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @Test
    void whatIsNotHttp() {
        ScriptedServer.Line nonsense = (request, connection) -> {
            connection.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
            connection.close();
        };
        try (ScriptedServer server = ScriptedServer.with(nonsense)) {
            Embeddings embeddings = server.client().maxRetries(0).build().embeddings();
            assertThatThrownBy(() -> embeddings.create(PARAMS)).isInstanceOf(ApiConnectionException.class);
        }
    }

    @Test
    void aServerThatIsNotThere() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Models models = Tutti.builder().baseUrl("http://127.0.0.1:" + port + "/v1").maxRetries(0).build().models();
        assertThatThrownBy(models::list)
                .isInstanceOf(ApiConnectionException.class)
                .hasMessageStartingWith("cannot connect to http://127.0.0.1:" + port + "/v1/models");
    }

    @Test
    void aReplyThatIsNoneIsNotAskedForAgain() {
        try (ScriptedServer server = ScriptedServer.with(json(200, "{}"))) {
            Embeddings embeddings = server.client().build().embeddings();
            assertThatThrownBy(() -> embeddings.create(PARAMS)).isInstanceOf(UnexpectedReplyException.class);
            assertThat(server.requests()).hasSize(1);
        }
    }
}
