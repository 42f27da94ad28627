package ai.tutti.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.api.ErrorReply;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class ErrorsTest {
    private static final String GOOD = "{\"model\":\"" + TestServer.MODEL + "\",\"input\":\"x\"}";

    private final TestServer server = TestServer.shared();

    @Test
    void anErrorHasTogethersEnvelope() {
        HttpResponse<byte[]> reply = server.post("/v1/embeddings", "{");
        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(reply.headers().firstValue("content-type")).hasValue("application/json");
        JsonNode json = TestServer.json(reply);
        assertThat(json.propertyNames()).containsExactly("id", "error");
        assertThat(json.path("id").asString()).isEqualTo(reply.headers().firstValue("x-request-id").orElseThrow());
        assertThat(json.path("error").propertyNames()).containsExactly("message", "type", "param", "code");
        assertThat(json.at("/error/code").isNull()).isTrue();
        assertThat(json.at("/error/param").isNull()).isTrue();
    }

    @Test
    void theCallersRequestIdIsKeptIfItIsAPlainOne() {
        assertThat(server.get("/livez", "x-request-id", "job-7.a").headers().firstValue("x-request-id")).hasValue("job-7.a");
        assertThat(server.get("/livez", "x-request-id", "a b\"<").headers().firstValue("x-request-id").orElseThrow())
                .matches("[0-9a-f]{32}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/v1", "/v2/embeddings", "/v1/v1/v1/embeddings", "/_stainless_unknown_path", "/v1/completions"})
    void anUnknownPathIsA404(String path) {
        HttpResponse<byte[]> reply = server.post(path, "{}");
        assertThat(reply.statusCode()).isEqualTo(404);
        assertThat(TestServer.error(reply).message()).contains(path.equals("/") ? "POST /" : path);
        assertThat(TestServer.error(reply).code()).isEqualTo("not_found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/embeddings", "/v1/rerank", "/v2/rerank"})
    void anUnknownModelIsA404ThatSaysWhatIsServed(String path) {
        HttpResponse<byte[]> reply = server.post(
                path, "{\"model\":\"nobody/nothing\",\"input\":\"x\",\"query\":\"q\",\"documents\":[\"d\"]}");
        assertThat(reply.statusCode()).isEqualTo(404);
        ErrorReply.Detail error = TestServer.error(reply);
        assertThat(error.code()).isEqualTo("model_not_found");
        assertThat(error.param()).isEqualTo("model");
        assertThat(error.message()).contains("nobody/nothing", TestServer.MODEL, TestServer.ALIAS);
    }

    @Test
    void aLongUnknownModelIsRepeatedInPart() {
        HttpResponse<byte[]> reply =
                server.post("/v1/embeddings", "{\"model\":\"%s\",\"input\":\"x\"}".formatted("m".repeat(100_000)));
        assertThat(reply.statusCode()).isEqualTo(404);
        assertThat(TestServer.error(reply).message())
                .startsWith("the model `" + "m".repeat(200) + "…` is not served here")
                .contains(TestServer.MODEL);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/v1/embeddings,POST", "PUT,/v1/rerank,POST", "DELETE,/v2/rerank,POST", "OPTIONS,/embeddings,POST", "OPTIONS,/livez,'GET, HEAD'",
        "POST,/v1/models,'GET, HEAD'", "DELETE,/v1/models/a%2Fb,'GET, HEAD'", "POST,/livez,'GET, HEAD'", "PATCH,/metrics,'GET, HEAD'",
    })
    void aWrongMethodIsA405ThatSaysWhichAreAllowed(String method, String path, String allowed) {
        HttpResponse<byte[]> reply = server.send(HttpRequest.newBuilder(server.uri(path))
                .method(method, HttpRequest.BodyPublishers.ofString("{}"))
                .build());
        assertThat(reply.statusCode()).isEqualTo(405);
        assertThat(reply.headers().firstValue("allow")).hasValue(allowed);
        assertThat(TestServer.error(reply).code()).isEqualTo("method_not_allowed");
    }

    @Test
    void aHeadRequestGetsNoBody() {
        HttpResponse<byte[]> reply =
                server.send(HttpRequest.newBuilder(server.uri("/v1/models")).HEAD().build());
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"})
    void anotherMediaTypeIsA415(String type) {
        HttpResponse<byte[]> reply = server.send(HttpRequest.newBuilder(server.uri("/v1/embeddings"))
                .header("content-type", type)
                .POST(HttpRequest.BodyPublishers.ofString(GOOD))
                .build());
        assertThat(reply.statusCode()).isEqualTo(415);
        assertThat(TestServer.error(reply).message()).contains("application/json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"})
    void jsonIsJsonHoweverItIsSpelt(String type) {
        HttpResponse<byte[]> reply = server.send(HttpRequest.newBuilder(server.uri("/v1/embeddings"))
                .header("content-type", type)
                .POST(HttpRequest.BodyPublishers.ofString(GOOD))
                .build());
        assertThat(reply.statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u00ff", "\u0080", "\u00c3", "\u00e2\u0082", "\u00c0\u00a2", "\u00e0\u0080\u00af", "\u00f0\u0080\u0080\u00af",
                "\u00ed\u00a0\u0080", "\u00f4\u0090\u0080\u0080", "\u00f5\u0080\u0080\u0080", "\u00f7\u00bf\u00bf\u00bf",
            })
    void aBodyMustBeUtf8(String bytes) {
        String[] bodies = {
            GOOD.replace("\"x\"", "\"x" + bytes + "\""),
            "{\"model\":\"%s\",\"query\":\"q\",\"documents\":[\"x%s\"]}".formatted(TestServer.MODEL, bytes),
            "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"x%s\"}]}".formatted(TestServer.MODEL, bytes)
        };
        String[] paths = {"/v1/embeddings", "/v1/rerank", "/v1/chat/completions"};
        for (int i = 0; i < paths.length; i++) {
            HttpResponse<byte[]> reply = server.send(HttpRequest.newBuilder(server.uri(paths[i]))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(bodies[i].getBytes(ISO_8859_1)))
                    .build());
            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(TestServer.error(reply).message())
                    .isEqualTo("the body must be UTF-8, and what begins at its byte %d is not"
                            .formatted(bodies[i].indexOf(bytes) + 1));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"x\":NaN}|is not valid JSON: Non-standard token 'NaN' (line 1, column 9)",
                "{\"x\":+1}|is not valid JSON: Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus signs (line 1, column 7)",
                "{/* x */}|is not valid JSON: Unexpected character ('/' (code 47)) (line 1, column 2)",
                "{\"x\":0x1}|is not valid JSON: Unexpected character ('x' (code 120)) (line 1, column 7)",
                "{\"x\":[1}|is not valid JSON: Unexpected close marker '}': expected ']' (line 1, column 8)",
                "{\"x\":\"y|is not valid JSON: Unexpected end-of-input in a string (line 1, column 8)",
                "{\"x\":%s|goes over a limit: document nesting depth of at most 100",
            })
    void aFaultOfJsonIsSaidWithoutTheParsersSwitches(String body, String message) {
        HttpResponse<byte[]> reply = server.post("/v1/embeddings", body.replace("%s", "[".repeat(200)));
        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(reply).message()).isEqualTo("the body " + message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "/v1/embeddings|\"input\":\"a\\ud800\"|input|`input` has half",
                "/v1/embeddings|\"input\":[\"\\ud83d\\ude00\",\"\\uDE00\\uD83D\"]|input[1]|`input[1]` has half",
                "/v1/embeddings|\"input\":\"a\",\"prompt_name\":\"\\ud83d\\u0041\"|prompt_name|`prompt_name` has half",
                "/v1/rerank|\"query\":\"\\udfff\",\"documents\":[\"d\"]|query|`query` has half",
                "/v2/rerank|\"query\":\"q\",\"documents\":[\"d\",{\"k\":[\"\\ud800\"]}]|documents[1].k[0]|`documents[1].k[0]` has half",
            })
    void halfACharacterIsA400ThatNamesTheField(String path, String fields, String param, String message) {
        HttpResponse<byte[]> reply = server.post(path, "{\"model\":\"%s\",%s}".formatted(TestServer.MODEL, fields));
        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(reply).param()).isEqualTo(param);
        assertThat(TestServer.error(reply).message())
                .isEqualTo(message + " a character: \\ud800 to \\udfff mean something only in pairs");
    }

    @Test
    void aCompressedBodyIsA415() {
        assertThat(server.post("/v1/embeddings", GOOD, "content-encoding", "gzip").statusCode()).isEqualTo(415);
    }

    @Test
    void aRequestWithTooManyTokensIsA400ThatNamesTheLimit() {
        try (TestServer small = TestServer.start(settings -> TestServer.limited(settings, 1 << 20, 100, 1000))) {
            String body = "{\"model\":\"%s\",\"input\":\"%s\"}".formatted(TestServer.MODEL, "tide ".repeat(200));
            HttpResponse<byte[]> reply = small.post("/v1/embeddings", body);
            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(TestServer.error(reply).message()).contains("100");
            assertThat(TestServer.error(reply).param()).isEqualTo("input");

            body = "{\"model\":\"%s\",\"query\":\"q\",\"documents\":[\"%s\"]}".formatted(TestServer.MODEL, "tide ".repeat(200));
            reply = small.post("/v1/rerank", body);
            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(TestServer.error(reply).message()).contains("100");
            assertThat(TestServer.error(reply).param()).isEqualTo("documents");
        }
    }

    @Test
    void aBodyThatIsTooLongIsA413WhetherItSaysItsLengthOrNot() {
        try (TestServer small = TestServer.start(settings -> TestServer.limited(settings, 10_000, 1000, 1000))) {
            byte[] tooLong = ("{\"input\":\"" + "x".repeat(5_000_000) + "\"}").getBytes(UTF_8);
            for (HttpRequest.BodyPublisher body : new HttpRequest.BodyPublisher[] {
                HttpRequest.BodyPublishers.ofByteArray(tooLong),
                HttpRequest.BodyPublishers.fromPublisher(HttpRequest.BodyPublishers.ofByteArray(tooLong))
            }) {
                HttpResponse<byte[]> reply = small.send(HttpRequest.newBuilder(small.uri("/v1/embeddings"))
                        .header("content-type", "application/json")
                        .POST(body)
                        .build());
                assertThat(reply.statusCode()).isEqualTo(413);
                assertThat(TestServer.error(reply).message()).contains("10000");
                assertThat(TestServer.error(reply).code()).isEqualTo("request_too_large");
            }
            String fits = GOOD.replace("\"x\"", "\"" + "x".repeat(10_000 - GOOD.length() + 1) + "\"");
            assertThat(fits).hasSize(10_000);
            assertThat(small.post("/v1/embeddings", fits).statusCode()).isEqualTo(200);
            assertThat(small.post("/v1/embeddings", fits + " ").statusCode()).isEqualTo(413);
        }
    }
}
