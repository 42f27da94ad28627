package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.api.Json;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.hub.ModelSpec;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A decoder in int8 beside an encoder in its own precision: everything that names a precision says so. */
final class Int8Test {
    private static final String NAME = "Qwen/Qwen3-Embedding-0.6B";
    private static final Path FOLDER = Path.of("../engine/src/test/resources/fixtures/folders/qwen3-embedding");

    @Test
    void isSaidWhereverAPrecisionIs() {
        try (TestServer server = TestServer.start(Int8Test::serving)) {
            HttpResponse<byte[]> reply =
                    server.post("/v1/embeddings", Json.writeText(Map.of("model", NAME, "input", "All together now")));

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.headers().firstValue("x-tutti-precision")).hasValue("int8");
            assertThat(TestServer.json(reply).path("data").path(0).path("embedding").path(0).isNumber()).isTrue();
            assertThat(TestServer.json(server.get("/v1/models/" + NAME)).path("precision").asString()).isEqualTo("int8");
            assertThat(TestServer.json(server.get("/v1/models/" + TinyModel.BGE.published())).path("precision").asString())
                    .isEqualTo("f32");
        }
    }

    private static ServerSettings serving(ServerSettings settings) {
        ModelSettings int8 = new ModelSettings(null, Precision.INT8, null, null, null);
        return settings.toBuilder()
                .models(List.of(new ModelSpec(NAME, FOLDER), TinyModel.BGE.spec()))
                .aliases(Map.of())
                .precision(Precision.F32)
                .modelSettings(Map.of(NAME, int8))
                .build();
    }
}
