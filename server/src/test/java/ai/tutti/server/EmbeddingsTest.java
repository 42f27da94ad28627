package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.api.EmbeddingInput;
import ai.tutti.api.EmbeddingsReply;
import ai.tutti.api.EmbeddingsRequest;
import ai.tutti.api.EncodingFormat;
import ai.tutti.api.ErrorReply;
import ai.tutti.api.TruncateMode;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class EmbeddingsTest {
    private static final String MODEL = TestServer.MODEL;
    private static final String LONG = "tide ".repeat(400) + "moon ".repeat(400);

    private final TestServer server = TestServer.shared();

    @Test
    void oneTextGivesOneUnitVector() {
        HttpResponse<byte[]> reply = server.post("/v1/embeddings", request(new EmbeddingInput.Text("a quiet harbour")));
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(reply.headers().firstValue("content-length")).hasValue(Integer.toString(reply.body().length));
        assertThat(reply.headers().firstValue("x-tutti-precision")).isPresent().get().asString().matches("f32|bf16");
        assertThat(reply.headers().firstValue("x-tutti-truncated-tokens")).hasValue("0");
        assertThat(reply.headers().firstValue("x-request-id")).isPresent();

        JsonNode json = TestServer.json(reply);
        assertThat(json.propertyNames()).containsExactly("object", "model", "data", "usage");
        assertThat(json.path("object").asString()).isEqualTo("list");
        assertThat(json.path("model").asString()).isEqualTo(MODEL);
        assertThat(json.path("data").path(0).propertyNames()).containsExactly("object", "index", "embedding");
        assertThat(json.path("data").path(0).path("object").asString()).isEqualTo("embedding");
        assertThat(json.path("usage").toString())
                .isEqualTo("{\"prompt_tokens\":5,\"total_tokens\":5,\"truncated_tokens\":0}");
        float[] vector = vectors(reply).getFirst();
        assertThat(vector).hasSize(384);
        assertThat(norm(vector)).isCloseTo(1, within(1e-5));
    }

    @Test
    void severalTextsKeepTheirOrderAndTheirBits() {
        List<String> texts = IntStream.range(0, 70).mapToObj(i -> "text number " + i + " of many".repeat(i % 7)).toList();
        HttpResponse<byte[]> reply = server.post("/v1/embeddings", request(new EmbeddingInput.Texts(texts)));
        EmbeddingsReply body = TestServer.as(reply, EmbeddingsReply.class);
        assertThat(body.data()).extracting(EmbeddingsReply.Embedding::index).isEqualTo(IntStream.range(0, 70).boxed().toList());
        for (int i : new int[] {0, 13, 69}) {
            assertThat(body.data().get(i).embedding()).isEqualTo(vector(texts.get(i)));
        }
    }

    @Test
    void base64ComesOnlyWhenAskedAndHoldsTheSameFloats() {
        EmbeddingInput input = new EmbeddingInput.Texts(List.of("one", "two", ""));
        HttpResponse<byte[]> floats = server.post("/v1/embeddings", request(input));
        HttpResponse<byte[]> named = server.post("/v1/embeddings", request(input, EncodingFormat.FLOAT, null, null, null));
        HttpResponse<byte[]> base64 = server.post("/v1/embeddings", request(input, EncodingFormat.BASE64, null, null, null));
        assertThat(TestServer.json(floats).at("/data/0/embedding").isArray()).isTrue();
        assertThat(TestServer.json(named).at("/data/0/embedding").isArray()).isTrue();
        assertThat(TestServer.json(base64).at("/data/0/embedding").asString()).hasSize(384 * 4 / 3 * 4);
        for (int i = 0; i < 3; i++) {
            assertThat(vectors(base64).get(i)).isEqualTo(vectors(floats).get(i));
        }
    }

    @Test
    void aRequestMaySayWhetherSomebodyWaitsForIt() {
        EmbeddingsRequest request = request(new EmbeddingInput.Text("tide"));
        for (String priority : List.of("interactive", "bulk")) {
            HttpResponse<byte[]> reply = server.post("/v1/embeddings", request, "x-tutti-priority", priority);
            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(vectors(reply).getFirst()).isEqualTo(vector("tide"));
        }
        HttpResponse<byte[]> wrong = server.post("/v1/embeddings", request, "x-tutti-priority", "urgent");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(wrong).message())
                .isEqualTo("the header x-tutti-priority is interactive or bulk, not \"urgent\"");
    }

    @Test
    void theReplyCarriesTheNameThatWasAskedFor() {
        HttpResponse<byte[]> reply =
                server.post("/v1/embeddings", "{\"model\":\"%s\",\"input\":\"x\"}".formatted(TestServer.ALIAS));
        assertThat(TestServer.json(reply).path("model").asString()).isEqualTo(TestServer.ALIAS);
        assertThat(vectors(reply).getFirst()).isEqualTo(vector("x"));
        String lower = TestServer.ALIAS.replace("-V1", "-v1");
        reply = server.post("/v1/embeddings", "{\"model\":\"%s\",\"input\":\"x\"}".formatted(lower));
        assertThat(TestServer.json(reply).path("model").asString()).isEqualTo(lower);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/embeddings", "/embeddings", "/v1/v1/embeddings", "/v1//embeddings", "/v1/embeddings/"})
    void everyBaseUrlThatAnotherSdkMeantLeadsHere(String path) {
        assertThat(server.post(path, request(new EmbeddingInput.Text("x"))).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"", "\" \"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud83d\\ude00\"", "\"\\\\ud800\"",
                "\"\\u200b\\ufeff\"", "\"[SEP] [CLS] [MASK] [PAD]\"", "[\"\",\"\"]", "\"héllo 世界 \\ud83c\\udf0a\"", "\"\\u0001\\u001f\"",
            })
    void everyTextIsAText(String input) {
        HttpResponse<byte[]> reply = server.post("/v1/embeddings", "{\"model\":\"%s\",\"input\":%s}".formatted(MODEL, input));
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(norm(vectors(reply).getFirst())).isCloseTo(1, within(1e-5));
    }

    @Test
    void tenMegabytesOfOneLetterAreATextToo() {
        HttpResponse<byte[]> reply = server.post("/v1/embeddings", request(new EmbeddingInput.Text("a".repeat(10_000_000))));
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(vectors(reply)).hasSize(1);
    }

    @Test
    void unknownFieldsAndTheUserAreIgnored() {
        HttpResponse<byte[]> reply = server.post(
                "/v1/embeddings",
                "{\"user\":17,\"model\":\"%s\",\"x\":[{}],\"input\":\"x\",\"encoding_format\":null,\"dimensions\":null}"
                        .formatted(MODEL));
        assertThat(vectors(reply).getFirst()).isEqualTo(vector("x"));
    }

    @Test
    void whatIsCutOffIsSaid() {
        HttpResponse<byte[]> end = server.post("/v1/embeddings", request(new EmbeddingInput.Text(LONG)));
        HttpResponse<byte[]> start = server.post(
                "/v1/embeddings", request(new EmbeddingInput.Text(LONG), null, TruncateMode.START, null, null));
        assertThat(TestServer.json(end).at("/usage/prompt_tokens").asInt()).isEqualTo(512);
        assertThat(TestServer.json(end).at("/usage/truncated_tokens").asInt()).isEqualTo(290);
        assertThat(end.headers().firstValue("x-tutti-truncated-tokens")).hasValue("290");
        assertThat(start.headers().firstValue("x-tutti-truncated-tokens")).hasValue("290");
        assertThat(vectors(end).getFirst()).isEqualTo(vector("tide ".repeat(400) + "moon ".repeat(110)));
        assertThat(vectors(start).getFirst()).isEqualTo(vector("tide ".repeat(110) + "moon ".repeat(400)));
    }

    @Test
    void whatMustNotBeCutIsRefused() {
        HttpResponse<byte[]> reply = server.post(
                "/v1/embeddings",
                request(new EmbeddingInput.Texts(List.of("short", LONG)), null, TruncateMode.ERROR, null, null));
        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(reply).param()).isEqualTo("input[1]");
        assertThat(TestServer.error(reply).message()).contains("input[1]", "802", "512");
        List<String> many = new ArrayList<>(Collections.nCopies(300, "short"));
        many.add(LONG);
        reply = server.post(
                "/v1/embeddings", request(new EmbeddingInput.Texts(many), null, TruncateMode.ERROR, null, null));
        assertThat(TestServer.error(reply).param()).isEqualTo("input[300]");
        reply = server.post(
                "/v1/embeddings", request(new EmbeddingInput.Text(LONG), null, TruncateMode.ERROR, null, null));
        assertThat(TestServer.error(reply).param()).isEqualTo("input");
    }

    @Test
    void aQueryMayGetItsPrompt() {
        float[] bare = vector("tides");
        HttpResponse<byte[]> byType = server.post(
                "/v1/embeddings", request(new EmbeddingInput.Text("tides"), null, null, "search_query", null));
        HttpResponse<byte[]> byName =
                server.post("/v1/embeddings", request(new EmbeddingInput.Text("tides"), null, null, null, "query"));
        HttpResponse<byte[]> document = server.post(
                "/v1/embeddings", request(new EmbeddingInput.Text("tides"), null, null, "document", null));
        assertThat(vectors(byType).getFirst()).isEqualTo(vectors(byName).getFirst()).isNotEqualTo(bare);
        assertThat(vectors(document).getFirst()).isEqualTo(bare);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"input\":[]|input|empty list",
                "\"input\":[1,2]|input|--token-input",
                "\"input\":[[1],[2]]|input|--token-input",
                "\"input\":7|input|must be a string or a list of strings",
                "\"input\":[[\"a\"]]|input[0]|`input[0]` must be a string, not a list",
                "\"input\":\"x\",\"dimensions\":0|dimensions|can only be 384, not 0",
                "\"input\":\"x\",\"dimensions\":-1|dimensions|can only be 384, not -1",
                "\"input\":\"x\",\"dimensions\":385|dimensions|can only be 384, not 385",
                "\"input\":\"x\",\"dimensions\":128|dimensions|can only be 384, not 128",
                "\"input\":\"x\",\"prompt_name\":\"nonsense\"|prompt_name|nonsense",
                "\"input\":\"x\",\"input_type\":\"nonsense\"|input_type|nonsense",
                "\"input\":\"x\",\"truncate\":\"middle\"|truncate|middle",
                "\"input\":\"x\",\"encoding_format\":\"hex\"|encoding_format|hex",
                "\"input\":[\"x\",null]|input[1]|null",
            })
    void whatIsWrongIsNamed(String fields, String param, String inMessage) {
        HttpResponse<byte[]> reply = server.post("/v1/embeddings", "{\"model\":\"%s\",%s}".formatted(MODEL, fields));
        assertThat(reply.statusCode()).isEqualTo(400);
        ErrorReply.Detail error = TestServer.error(reply);
        assertThat(error.param()).isEqualTo(param);
        assertThat(error.message()).contains(inMessage);
        assertThat(error.type()).isEqualTo("invalid_request_error");
    }

    @Test
    void allDimensionsMayBeAskedForByNumber() {
        HttpResponse<byte[]> reply =
                server.post("/v1/embeddings", "{\"model\":\"%s\",\"input\":\"x\",\"dimensions\":384}".formatted(MODEL));
        assertThat(vectors(reply).getFirst()).isEqualTo(vector("x"));
    }

    private float[] vector(String text) {
        return vectors(server.post("/v1/embeddings", request(new EmbeddingInput.Text(text)))).getFirst();
    }

    private static List<float[]> vectors(HttpResponse<byte[]> reply) {
        return TestServer.as(reply, EmbeddingsReply.class).data().stream()
                .map(EmbeddingsReply.Embedding::embedding)
                .toList();
    }

    private static double norm(float[] vector) {
        return Math.sqrt(IntStream.range(0, vector.length).mapToDouble(i -> vector[i] * (double) vector[i]).sum());
    }

    private static EmbeddingsRequest request(EmbeddingInput input) {
        return request(input, null, null, null, null);
    }

    private static EmbeddingsRequest request(
            EmbeddingInput input,
            @Nullable EncodingFormat format,
            @Nullable TruncateMode truncate,
            @Nullable String inputType,
            @Nullable String promptName) {
        return new EmbeddingsRequest(MODEL, input, format, null, truncate, inputType, promptName);
    }
}
