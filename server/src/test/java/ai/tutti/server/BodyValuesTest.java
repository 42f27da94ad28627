package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.api.ErrorReply;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bodies that are short and hold more than memory does. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BodyValuesTest {
    private static final int TOO_MANY = 1_000_001;

    private TestServer server;

    @BeforeAll
    void start() {
        server = TestServer.start(settings -> TestServer.limited(settings, 64 << 20, 1_000, 1_000_000));
    }

    @AfterAll
    void stop() {
        server.close();
    }

    /** What follows the last value is no JSON, and nobody has read it. */
    @ParameterizedTest
    @CsvSource({
        "/v1/embeddings,input,[,'\"\"'", "/v1/embeddings,input,[,7", "/v1/embeddings,input,[,[1]", "/v1/rerank,documents,[,{}",
        "/v2/rerank,documents,[,'\"d\"'", "/v1/rerank,documents,'[{\"tags\":[',null", "/v1/rerank,rank_fields,[,'\"f\"'",
        "/v1/chat/completions,messages,[,{}", "/v1/chat/completions,stop,[,'\"\"'", "/v1/embeddings,unknown,[,[]",
    })
    void tooManyAreA400ThatNamesTheFieldAndTheLimitAndEndsTheReading(String path, String field, String before, String value) {
        String body = "{\"model\":\"%s\",\"query\":\"q\",\"%s\":%s%s nonsense"
                .formatted(TestServer.MODEL, field, before, (value + ",").repeat(TOO_MANY));
        requireTooMany(server.post(path, body), field);
    }

    @Test
    void fieldsOfADocumentCountAsWell() {
        String fields = IntStream.range(0, TOO_MANY).mapToObj(i -> "\"" + i + "\":1").collect(Collectors.joining(","));
        String body = "{\"model\":\"%s\",\"query\":\"q\",\"documents\":[{%s}]}".formatted(TestServer.MODEL, fields);
        requireTooMany(server.post("/v1/rerank", body), "documents");
    }

    private static void requireTooMany(HttpResponse<byte[]> reply, String field) {
        ErrorReply.Detail error = TestServer.error(reply);
        assertThat(error.message()).contains("`" + field + "`", "more than 1000000 JSON values");
        assertThat(error.param()).isEqualTo(field);
        assertThat(reply.statusCode()).isEqualTo(400);
    }

    @Test
    void manyThatAreWithinTheLimitAreReadAndTheirRoomIsGivenBack() throws InterruptedException {
        String ids = "1,".repeat(TOO_MANY - 10);
        HttpResponse<byte[]> reply =
                server.post("/v1/embeddings", "{\"model\":\"%s\",\"input\":[%s1]}".formatted(TestServer.MODEL, ids));
        assertThat(TestServer.error(reply).message()).contains("--token-input");
        Waiting.until(() -> server.metric("tutti_uploads_bytes") == 0);
    }

    @Test
    void theLimitIsTwiceThatOfTokens() {
        assertThat(BodyValues.limit(2_000_000)).isEqualTo(4_000_000);
        assertThat(BodyValues.limit(1)).isEqualTo(BodyValues.LEAST);
        assertThat(BodyValues.limit(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void theRoomOfValuesIsThatOfUploads() throws Exception {
        String body = "{\"documents\":[%s{}]}".formatted("{},".repeat(99_999));
        HttpResponse<String> reply = ask(call -> call.reply(call.body().length), 1 << 20, body);
        assertThat(reply.body()).contains("request_too_large", "`documents`", "-Xmx");
        assertThat(reply.statusCode()).isEqualTo(413);
        reply = ask(call -> call.reply(call.body().length), 100 << 20, body);
        assertThat(reply.statusCode()).isEqualTo(200);
    }

    @Test
    void aRequestThatFindsNoMemoryIsA503() throws Exception {
        HttpResponse<String> reply = ask(
                call -> {
                    throw new OutOfMemoryError("Java heap space");
                },
                1 << 20,
                "{}");
        assertThat(reply.body()).contains("\"code\":\"out_of_memory\"", "memory");
        assertThat(reply.statusCode()).isEqualTo(503);
        assertThat(reply.headers().firstValue("retry-after")).hasValue("2");
    }

    /** Asks an endpoint of a server that has so much room for bodies. */
    private static HttpResponse<String> ask(Endpoint endpoint, long budget, String body) throws Exception {
        Vertx vertx = Vertx.vertx();
        Patience patience = Patience.DEFAULT;
        Router router = Router.router(vertx);
        router.route()
                .handler(context -> {
                    RequestId.assign(context);
                    context.next();
                })
                .handler(new UploadReader(vertx, budget, BodyValues.LEAST, budget, patience.upload()))
                .handler(new Dispatcher(endpoint, patience));
        HttpServer http = vertx.createHttpServer().requestHandler(router);
        try (HttpClient client = HttpClient.newHttpClient()) {
            http.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
            URI uri = URI.create("http://127.0.0.1:" + http.actualPort() + "/");
            return client.send(
                    HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofByteArray(body.getBytes(UTF_8))).build(),
                    HttpResponse.BodyHandlers.ofString());
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }
}
