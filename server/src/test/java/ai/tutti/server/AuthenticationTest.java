package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.api.EmbeddingsReply;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AuthenticationTest {
    private static final String BODY = "{\"model\":\"" + TestServer.MODEL + "\",\"input\":\"x\"}";
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(settings -> TestServer.guarded(settings, List.of("first-key", "zweiter-Schlüssel"), true));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer first-key", "bearer first-key", "Bearer  first-key "})
    void aKnownKeyOpens(String authorization) {
        assertThat(server.post("/v1/embeddings", BODY, "authorization", authorization).statusCode()).isEqualTo(200);
        assertThat(server.get("/v1/models", "authorization", authorization).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer", "Bearer first-ke", "Bearer first-keyy", "Basic first-key", "first-key", "Bearer first-key,second"})
    void anythingElseIsA401(String authorization) {
        HttpResponse<byte[]> reply = server.post("/v1/embeddings", BODY, "authorization", authorization);
        assertThat(reply.statusCode()).isEqualTo(401);
        assertThat(TestServer.error(reply).code()).isEqualTo("invalid_api_key");
        assertThat(TestServer.error(reply).message()).doesNotContain("first-key");
        assertThat(reply.headers().firstValue("www-authenticate")).hasValue("Bearer");
    }

    @Test
    void withoutAKeyOnlyHealthAndTheDescriptionAreOpen() {
        for (String path : List.of("/v1/models", "/v1/models/x", "/v2/supported-models", "/models")) {
            assertThat(server.get(path).statusCode()).as(path).isEqualTo(401);
        }
        for (String path : List.of("/v1/embeddings", "/v1/rerank", "/v2/rerank")) {
            assertThat(server.post(path, "{").statusCode()).as(path).isEqualTo(401);
        }
        for (String path : List.of("/livez", "/readyz", "/metrics", "/openapi.json")) {
            assertThat(server.get(path).statusCode()).as(path).isEqualTo(200);
        }
        assertThat(server.get("/nowhere").statusCode()).isEqualTo(404);
    }

    @Test
    void tokenIdsAreTakenWhereTheServerWasToldSo() {
        String[] key = {"authorization", "Bearer first-key"};
        String ids = "{\"model\":\"%s\",\"input\":%s}";
        // [CLS] hello [SEP]
        float[] one = vector(server.post("/v1/embeddings", ids.formatted(TestServer.MODEL, "[101,7592,102]"), key), 0);
        float[] other = vector(server.post("/v1/embeddings", ids.formatted(TestServer.MODEL, "[[101,102],[101,7592,102]]"), key), 1);
        float[] text = vector(server.post("/v1/embeddings", ids.formatted(TestServer.MODEL, "\"hello\""), key), 0);
        assertThat(one).isEqualTo(text).isEqualTo(other);
        for (String wrong : List.of("[99999999]", "[-1]", "[[]]", "[[101],[]]")) {
            HttpResponse<byte[]> reply = server.post("/v1/embeddings", ids.formatted(TestServer.MODEL, wrong), key);
            assertThat(reply.statusCode()).as(wrong).isEqualTo(400);
            assertThat(TestServer.error(reply).param()).startsWith("input");
        }
    }

    private static float[] vector(HttpResponse<byte[]> reply, int index) {
        assertThat(reply.statusCode()).isEqualTo(200);
        return TestServer.as(reply, EmbeddingsReply.class).data().get(index).embedding();
    }
}
