package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.api.Json;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.OutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The description is held against what the server really does: status, headers and body of real exchanges. */
final class OpenApiTest {
    private static final String EMBED = "\"model\":\"" + TestServer.MODEL + "\",\"input\":\"x\"";
    private static final String RERANK = "\"model\":\"" + TestServer.MODEL + "\",\"query\":\"q\",\"documents\":[\"d\",{\"a\":1}]";

    private final TestServer server = TestServer.shared();
    private final JsonNode document = TestServer.json(server.get("/openapi.json"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/embeddings|{EMBED}|200",
                "/v1/embeddings|{EMBED,\"encoding_format\":\"base64\",\"dimensions\":384,\"truncate\":\"start\",\"input_type\":\"query\",\"user\":\"u\"}|200",
                "/v1/embeddings|{EMBED,\"encoding_format\":null,\"dimensions\":null,\"truncate\":null,\"prompt_name\":\"query\"}|200",
                "/v1/embeddings|{\"model\":\"nobody\",\"input\":[\"a\",\"\"]}|404",
                "/v1/embeddings|{EMBED,\"dimensions\":7}|400",
                "/v1/embeddings|{\"model\":\"BAAI/bge-small-en-v1.5\",\"input\":[1,2]}|400",
                "/v1/rerank|{RERANK}|200",
                "/v1/rerank|{RERANK,\"top_n\":1,\"return_documents\":true}|200",
                "/v1/rerank|{RERANK,\"rank_fields\":[\"zzz\"],\"truncate\":\"end\"}|400",
                "/v2/rerank|{RERANK,\"max_tokens_per_doc\":4096}|200",
                "/v2/rerank|{RERANK,\"return_documents\":true}|200",
                "/v2/rerank|{RERANK,\"max_chunks_per_doc\":10,\"overlap\":0,\"raw_scores\":true}|200",
                "/v1/rerank|{RERANK,\"max_chunks_per_doc\":null,\"overlap\":null,\"raw_scores\":null,\"normalize\":null,\"instruction\":null}|200",
            })
    void whatTheServerTakesAndGivesIsDescribed(String path, String body, int status) {
        String json = body.replace("EMBED", EMBED).replace("RERANK", RERANK);
        JsonNode operation = operation(path, "post");
        assertThat(faults(operation.at("/requestBody/content/application~1json/schema"), Json.mapper().readTree(json))).isEmpty();
        HttpResponse<byte[]> reply = server.post(path, json);
        assertThat(reply.statusCode()).isEqualTo(status);
        assertDescribed(operation, reply);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/embeddings|{}",
                "/v1/embeddings|{\"model\":7,\"input\":\"x\"}",
                "/v1/embeddings|{EMBED,\"encoding_format\":\"hex\"}",
                "/v1/embeddings|{EMBED,\"dimensions\":0}",
                "/v1/embeddings|{EMBED,\"truncate\":\"middle\"}",
                "/v1/embeddings|{EMBED,\"input_type\":\"nonsense\"}",
                "/v1/embeddings|{\"model\":\"m\",\"input\":[]}",
                "/v1/embeddings|{\"model\":\"m\",\"input\":[\"a\",1]}",
                "/v1/embeddings|[]",
                "/v1/rerank|{\"model\":\"BAAI/bge-small-en-v1.5\",\"query\":\"q\",\"documents\":[]}",
                "/v1/rerank|{\"model\":\"BAAI/bge-small-en-v1.5\",\"query\":\"\",\"documents\":[\"d\"]}",
                "/v1/rerank|{RERANK,\"top_n\":0}",
                "/v1/rerank|{RERANK,\"rank_fields\":[1]}",
                "/v2/rerank|{RERANK,\"return_documents\":\"yes\"}",
                "/v2/rerank|{RERANK,\"max_tokens_per_doc\":0}",
                "/v1/rerank|{RERANK,\"max_chunks_per_doc\":0}",
                "/v1/rerank|{RERANK,\"max_chunks_per_doc\":1,\"overlap\":-1}",
                "/v1/rerank|{RERANK,\"raw_scores\":\"yes\"}",
                "/v1/rerank|{RERANK,\"normalize\":\"yes\"}",
                "/v1/rerank|{RERANK,\"instruction\":1}",
            })
    void whatTheDescriptionForbidsTheServerRefuses(String path, String body) {
        String json = body.replace("EMBED", EMBED).replace("RERANK", RERANK).replace("\"m\"", "\"" + TestServer.MODEL + "\"");
        JsonNode operation = operation(path, "post");
        assertThat(faults(operation.at("/requestBody/content/application~1json/schema"), Json.mapper().readTree(json)))
                .isNotEmpty();
        HttpResponse<byte[]> reply = server.post(path, json);
        assertThat(reply.statusCode()).isEqualTo(400);
        assertDescribed(operation, reply);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/embeddings", "/v1/rerank", "/v2/rerank"})
    void aRequestThatIsOutOfTimeIsDescribed(String path) {
        String texts = "\"tide and time\",".repeat(20_000);
        String json = path.endsWith("rerank")
                ? "{\"model\":\"%s\",\"query\":\"q\",\"documents\":[%s\"d\"]}".formatted(TestServer.MODEL, texts)
                : "{\"model\":\"%s\",\"input\":[%s\"d\"]}".formatted(TestServer.MODEL, texts);
        HttpResponse<byte[]> late = server.post(path, json, "x-tutti-timeout-ms", "1");
        assertThat(late.statusCode()).isEqualTo(504);
        assertDescribed(operation(path, "post"), late);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/models,/v1/models,200", "/v1/autoscale/models,/v1/autoscale/models,200",
        "/v1/models/{id},/v1/models/BAAI%2Fbge-small-en-v1.5,200",
        "/v1/models/{id},/v1/models/nobody,404", "/v2/supported-models,/v2/supported-models,200",
        "/v2/supported-models,/v2/supported-models?limit=0,400", "/v2/supported-models/{id},/v2/supported-models/BAAI/bge-small-en-v1.5,200",
        "/v2/supported-models/{id},/v2/supported-models/nobody,404", "/livez,/livez,200", "/readyz,/readyz,200", "/metrics,/metrics,200",
        "/openapi.json,/openapi.json,200",
    })
    void whatTheServerGivesIsDescribed(String described, String path, int status) {
        HttpResponse<byte[]> reply = server.get(path);
        assertThat(reply.statusCode()).isEqualTo(status);
        assertDescribed(operation(described, "get"), reply);
        HttpResponse<byte[]> refused = server.send(
                HttpRequest.newBuilder(server.uri(path)).DELETE().build());
        assertThat(refused.statusCode()).isEqualTo(405);
        assertDescribed(operation(described, "get"), refused);
    }

    @Test
    void bothListsOfModelsAreDescribed() {
        assertDescribed(operation("/v1/models", "get"), server.get("/v1/models", "user-agent", "OpenAI/Python 3.22.1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/embeddings", "/v1/rerank", "/v2/rerank", "/v1/chat/completions"})
    void refusalsOfTheBodyAreDescribed(String path) {
        HttpResponse<byte[]> text = server.send(HttpRequest.newBuilder(server.uri(path))
                .header("content-type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("x"))
                .build());
        assertThat(text.statusCode()).isEqualTo(415);
        assertDescribed(operation(path, "post"), text);
        HttpResponse<byte[]> broken = server.post(path, "{");
        assertThat(broken.statusCode()).isEqualTo(400);
        assertDescribed(operation(path, "post"), broken);
    }

    @Test
    void chatCompletionsAreDescribed() {
        String ask = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}],\"stream\":%s,\"seed\":%d}";
        JsonNode operation = operation("/v1/chat/completions", "post");
        assertThat(faults(
                        operation.at("/requestBody/content/application~1json/schema"),
                        Json.mapper().readTree(ask.formatted("null", 1))))
                .isEmpty();
        try (ChatServer chat = ChatServer.that(request -> {
                    int status = request.json().path("seed").asInt();
                    if (status == 0) {
                        try (OutputStream out = request.stream()) {
                            out.write(ChatServer.event(ChatServer.chunk("m", "Well")));
                        }
                    } else if (status != 504) {
                        request.reply(status, "application/json", ChatServer.completion("m", "Because."));
                    }
                });
                TestServer chatting = TestServer.start(settings -> TestServer.chatting(
                        settings, chat.settings(null, Map.of("m", "m"), Duration.ofSeconds(1))))) {
            for (int status : new int[] {200, 0, 400, 422, 429, 504, 500}) {
                HttpResponse<byte[]> reply =
                        chatting.post("/v1/chat/completions", ask.formatted(status == 0 ? "true" : "false", status));
                assertThat(reply.statusCode()).isEqualTo(status == 0 ? 200 : status == 500 ? 502 : status);
                assertDescribed(operation, reply);
            }
            assertDescribed(operation("/v1/models", "get"), chatting.get("/v1/models"));
            assertDescribed(operation("/v2/supported-models", "get"), chatting.get("/v2/supported-models"));
        }
        HttpResponse<byte[]> off = server.post("/v1/chat/completions", ask.formatted("true", 1));
        assertThat(off.statusCode()).isEqualTo(400);
        assertDescribed(operation, off);
    }

    @ParameterizedTest
    @CsvSource({
        "/admin/models,get,/admin/models,200",
        "/admin/models/{id},get,/admin/models/BAAI/bge-small-en-v1.5,200",
        "/admin/models/{id},get,/admin/models/nobody,404",
        "/admin/models/{id}/load,post,/admin/models/BAAI/bge-small-en-v1.5/load,200",
        "/admin/models/{id}/unload,post,/admin/models/BAAI/bge-small-en-v1.5/unload,200",
        "/admin/models/{id}/unload,post,/admin/models/nobody/unload,404",
    })
    void whatTheOperatorIsGivenIsDescribed(String described, String method, String path, int status) {
        ShelfSettings usual = ShelfSettings.DEFAULT;
        ShelfSettings shelf = new ShelfSettings(true, usual.memoryBudgetBytes(), usual.loadWait(), "operator");
        try (TestServer open = TestServer.start(settings ->
                TinyModel.serving(settings, settings.models(), settings.aliases(), shelf))) {
            for (String key : List.of("operator", "nobody")) {
                HttpResponse<byte[]> reply = method.equals("post")
                        ? open.post(path, "", "authorization", "Bearer " + key)
                        : open.get(path, "authorization", "Bearer " + key);
                assertThat(reply.statusCode()).isEqualTo(key.equals("operator") ? status : 401);
                assertDescribed(operation(described, method), reply);
            }
        }
        HttpResponse<byte[]> closed = method.equals("post") ? server.post(path, "") : server.get(path);
        assertThat(closed.statusCode()).isEqualTo(403);
        assertDescribed(operation(described, method), closed);
    }

    @Test
    void everyRouteIsDescribedAndEveryReferenceLeadsSomewhere() {
        assertThat(document.path("openapi").asString()).startsWith("3.1.");
        Set<String> paths = new TreeSet<>(document.path("paths").propertyNames());
        assertThat(paths).containsExactly(
                "/admin/models", "/admin/models/{id}", "/admin/models/{id}/load", "/admin/models/{id}/unload", "/livez", "/metrics", "/openapi.json", "/readyz", "/v1/autoscale/models", "/v1/chat/completions", "/v1/embeddings", "/v1/models", "/v1/models/{id}",
                "/v1/rerank",
                "/v2/rerank", "/v2/supported-models", "/v2/supported-models/{id}");
        assertThat(document.findValuesAsString("$ref")).isNotEmpty().allMatch(ref -> !document.at(ref.substring(1)).isMissingNode());
    }

    private JsonNode operation(String path, String method) {
        JsonNode operation = document.path("paths").path(path).path(method);
        assertThat(operation.isObject()).as(method + " " + path).isTrue();
        return operation;
    }

    private void assertDescribed(JsonNode operation, HttpResponse<byte[]> reply) {
        JsonNode responses = operation.path("responses");
        String status = Integer.toString(reply.statusCode());
        JsonNode response = resolve(responses.path(responses.has(status) ? status : status.charAt(0) + "XX"));
        assertThat(response.isObject()).as("status %d is described", reply.statusCode()).isTrue();
        for (Map.Entry<String, JsonNode> header : response.path("headers").properties()) {
            JsonNode schema = resolve(header.getValue()).path("schema");
            String value = reply.headers().firstValue(header.getKey()).orElse(null);
            assertThat(value).as(header.getKey()).isNotNull();
            assertThat(faults(schema, Json.mapper().valueToTree(value))).isEmpty();
        }
        String type = reply.headers().firstValue("content-type").orElseThrow().split(";", 2)[0];
        JsonNode schema = response.path("content").path(type).path("schema");
        assertThat(schema.isObject()).as(type + " is described").isTrue();
        JsonNode body = type.endsWith("json") ? TestServer.json(reply) : Json.mapper().valueToTree(new String(reply.body(), UTF_8));
        assertThat(faults(schema, body)).isEmpty();
    }

    private JsonNode resolve(JsonNode node) {
        JsonNode ref = node.path("$ref");
        return ref.isString() ? document.at(ref.asString().substring(1)) : node;
    }

    private List<Error> faults(JsonNode schema, JsonNode instance) {
        ObjectNode whole = (ObjectNode) schema.deepCopy();
        whole.set("components", document.path("components"));
        Schema validator = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(whole);
        return validator.validate(instance);
    }
}
