package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.api.Json;
import ai.tutti.hub.ModelSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The engine's tiny folders, all in one process under the names they imitate, against the reference's numbers over HTTP. */
final class FoldersTest {
    private static final Path FOLDERS = Path.of("../engine/src/test/resources/fixtures/folders");
    private static final List<String> EMBEDDING =
            List.of("bge", "gte-large", "uae-large", "multilingual-e5", "gte-modernbert", "m2-bert");
    private static final List<String> RERANK =
            List.of("ms-marco-minilm", "bge-reranker", "gte-reranker-modernbert", "mxbai-rerank-v1", "llama-rank");
    private static final List<String> ASKED = List.of("mxbai-rerank-v2", "qwen3-reranker");
    private static final String RERANKER = "cross-encoder/ms-marco-MiniLM-L-6-v2";

    private static final TestServer SERVER = TestServer.start(settings -> TinyModel.serving(
            settings,
            Stream.of(EMBEDDING, RERANK, ASKED)
                    .flatMap(List::stream)
                    .map(name -> new ModelSpec(model(name), FOLDERS.resolve(name)))
                    .toList(),
            Map.of(),
            settings.shelf()));

    @AfterAll
    static void close() {
        SERVER.close();
    }

    static List<String> embedding() {
        return EMBEDDING;
    }

    static List<String> rerank() {
        return RERANK;
    }

    @ParameterizedTest
    @MethodSource("embedding")
    void vectorsEqualTheReference(String name) {
        JsonNode cases = cases(name);
        double tolerance = cases.path("normalized").booleanValue() ? 1e-5 : 5e-5;
        for (JsonNode one : cases.path("cases")) {
            ObjectNode request = request(name).set("input", one.path("text"));
            JsonNode reply = ok(SERVER.post("/v1/embeddings", Json.writeText(request)));
            assertThat(reply.at("/usage/prompt_tokens").intValue()).isEqualTo(one.path("ids").size());
            assertThat(numbers(reply.at("/data/0/embedding")))
                    .as("%s", one.path("label"))
                    .containsExactly(numbers(one.path("vector")), within(tolerance));
        }
    }

    @ParameterizedTest
    @MethodSource("rerank")
    void scoresEqualTheReference(String name) {
        JsonNode cases = cases(name);
        double tolerance = cases.path("activation").stringValue().equals("sigmoid") ? 2e-5 : 5e-5;
        for (JsonNode one : cases.path("cases")) {
            JsonNode documents = one.path("documents");
            ObjectNode request = request(name).set("query", one.path("query"));
            documents.forEach(document -> request.withArray("documents").add(document.path("text")));
            JsonNode reply = ok(SERVER.post("/v1/rerank", Json.writeText(request)));
            int tokens = documents.valueStream().mapToInt(document -> document.path("ids").size()).sum();
            assertThat(reply.at("/usage/prompt_tokens").intValue()).isEqualTo(tokens);
            assertScores(reply, documents, "score", tolerance);
            assertScores(
                    ok(SERVER.post("/v2/rerank", Json.writeText(request.put("raw_scores", true)))), documents, "logit", 5e-5);
        }
    }

    static List<String> asked() {
        return ASKED;
    }

    /** By the published name alone a folder is known to be a reranker. Texts with special tokens in them are the engine's tests'. */
    @ParameterizedTest
    @MethodSource("asked")
    void scoresOfModelsAskedByAPromptEqualTheReference(String name) {
        JsonNode cases = cases(name);
        double tolerance = cases.path("activation").stringValue().equals("sigmoid") ? 2e-5 : 5e-5;
        for (JsonNode one : cases.path("cases")) {
            JsonNode documents = one.path("documents");
            if (documents.get(0).path("special_in_text").asBoolean(false)) {
                continue;
            }
            ObjectNode request = request(name).set("query", one.path("query"));
            documents.forEach(document -> request.withArray("documents").add(document.path("text")));
            JsonNode reply = ok(SERVER.post("/v1/rerank", Json.writeText(request)));
            int tokens = documents.valueStream().mapToInt(document -> document.path("ids").size()).sum();
            assertThat(reply.at("/usage/prompt_tokens").intValue()).isEqualTo(tokens);
            assertScores(reply, documents, "score", tolerance);
            assertScores(
                    ok(SERVER.post("/v2/rerank", Json.writeText(request.put("raw_scores", true)))), documents, "logit", 5e-5);
            if (name.equals("mxbai-rerank-v2")) {
                request.put("raw_scores", false).put("normalize", true);
                assertScores(
                        ok(SERVER.post("/v1/rerank", Json.writeText(request))), documents, "score_normalized_est12", 2e-5);
            }
        }
    }

    @Test
    void anInstructionSaysWhatCounts() {
        ObjectNode request = request("qwen3-reranker").put("query", "panels");
        request.withArray("documents").add("solar panels");
        HttpResponse<byte[]> without = SERVER.post("/v1/rerank", Json.writeText(request));
        HttpResponse<byte[]> with = SERVER.post("/v1/rerank", Json.writeText(request.put("instruction", "Find bread.")));
        assertThat(score(with)).isNotEqualTo(score(without));
        request.put("instruction", "Given a web search query, retrieve relevant passages that answer the query");
        assertThat(score(SERVER.post("/v1/rerank", Json.writeText(request)))).isEqualTo(score(without));
        HttpResponse<byte[]> refused =
                SERVER.post("/v1/rerank", Json.writeText(request.put("model", RERANKER)));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(refused).param()).isEqualTo("instruction");
    }

    @Test
    void scoresAreEitherRawOrNormalized() {
        ObjectNode request = request("ms-marco-minilm").put("query", "panels").put("normalize", true);
        request.withArray("documents").add("solar panels");
        assertThat(score(SERVER.post("/v1/rerank", Json.writeText(request)))).isBetween(0d, 1d);
        assertThat(TestServer.error(SERVER.post("/v1/rerank", Json.writeText(request.put("raw_scores", true)))).param())
                .isEqualTo("normalize");
        request.put("raw_scores", false).put("model", model("bge"));
        assertThat(TestServer.error(SERVER.post("/v1/rerank", Json.writeText(request))).param()).isEqualTo("normalize");
    }

    private static void assertScores(JsonNode reply, JsonNode documents, String key, double tolerance) {
        assertThat(reply.path("results")).hasSize(documents.size());
        for (JsonNode result : reply.path("results")) {
            JsonNode document = documents.get(result.path("index").intValue());
            assertThat(result.path("relevance_score").doubleValue())
                    .as("%s", document.path("text"))
                    .isCloseTo(document.path(key).doubleValue(), within(tolerance));
        }
    }

    @Test
    void aRerankerGivesNoVectors() {
        HttpResponse<byte[]> reply =
                SERVER.post("/v1/embeddings", "{\"model\":\"%s\",\"input\":\"text\"}".formatted(RERANKER));

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(reply).param()).isEqualTo("model");
        assertThat(TestServer.error(reply).message()).contains(RERANKER, "/v1/rerank");
    }

    @Test
    void theListsSayWhatAModelIs() {
        JsonNode reranker = ok(SERVER.get("/v1/models/" + RERANKER));
        assertThat(reranker.path("type").stringValue()).isEqualTo("rerank");
        assertThat(reranker.has("dimensions")).isFalse();
        assertThat(reranker.path("context_length").intValue()).isEqualTo(96);
        assertThat(reranker.toString()).contains("logit of the cross-encoder");
        assertThat(ok(SERVER.get("/v1/models/BAAI/bge-reranker-base")).toString()).contains("sigmoid of the cross-encoder");
        assertThat(ok(SERVER.get("/v1/models/thenlper/gte-large")).path("type").stringValue()).isEqualTo("embedding");
        JsonNode supported = ok(SERVER.get("/v2/supported-models/" + RERANKER));
        assertThat(supported.toString()).contains("CAPABILITY_RERANKING").doesNotContain("CAPABILITY_EMBEDDING");
        assertThat(SERVER.get("/readyz").statusCode()).isEqualTo(200);
    }

    @Test
    void theBestWindowOfALongDocumentCounts() {
        String document = "solar panels turn light into power. " + "bread is baked from flour. ".repeat(40);
        ObjectNode request = request("ms-marco-minilm").put("query", "panels");
        request.withArray("documents").add(document);
        HttpResponse<byte[]> cut = SERVER.post("/v1/rerank", Json.writeText(request));
        int truncated = Integer.parseInt(cut.headers().firstValue("x-tutti-truncated-tokens").orElseThrow());
        assertThat(truncated).isPositive();
        request.put("max_chunks_per_doc", 100).put("overlap", 5);
        HttpResponse<byte[]> chunked = SERVER.post("/v1/rerank", Json.writeText(request));
        assertThat(chunked.headers().firstValue("x-tutti-truncated-tokens")).hasValue("0");
        assertThat(score(chunked)).isGreaterThanOrEqualTo(score(cut));
        assertThat(ok(chunked).at("/usage/prompt_tokens").intValue())
                .isGreaterThan(ok(cut).at("/usage/prompt_tokens").intValue() + truncated);
        HttpResponse<byte[]> refused = SERVER.post("/v1/rerank", Json.writeText(request.put("overlap", 96)));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(refused).param()).isEqualTo("overlap");
    }

    private static double score(HttpResponse<byte[]> reply) {
        return ok(reply).at("/results/0/relevance_score").doubleValue();
    }

    private static JsonNode ok(HttpResponse<byte[]> reply) {
        assertThat(reply.statusCode()).as(new String(reply.body(), java.nio.charset.StandardCharsets.UTF_8)).isEqualTo(200);
        return TestServer.json(reply);
    }

    private static ObjectNode request(String name) {
        return Json.mapper().createObjectNode().put("model", model(name));
    }

    private static String model(String name) {
        return cases(name).path("model").stringValue();
    }

    private static JsonNode cases(String name) {
        try {
            return Json.mapper().readTree(Files.readAllBytes(FOLDERS.resolve(name).resolve("cases.json")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double[] numbers(JsonNode array) {
        return array.valueStream().mapToDouble(JsonNode::doubleValue).toArray();
    }
}
