package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class RerankTest {
    private static final String DOCUMENTS =
            "[\"The llama is a domesticated South American camelid.\",\"Paris is the capital of France.\",\"Bread is baked.\"]";

    private final TestServer server = TestServer.shared();

    @Test
    void aRequestMaySayWhetherSomebodyWaitsForIt() {
        String request = "{\"model\":\"%s\",\"query\":\"q\",\"documents\":[\"d\"]}".formatted(TestServer.MODEL);
        assertThat(server.post("/v1/rerank", request, "x-tutti-priority", "bulk").statusCode()).isEqualTo(200);
        assertThat(server.post("/v2/rerank", request, "x-tutti-priority", "").statusCode()).isEqualTo(400);
    }

    @Test
    void theBestDocumentComesFirst() {
        HttpResponse<byte[]> reply = rerank("\"query\":\"What is the capital of France?\",\"documents\":" + DOCUMENTS);
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("x-tutti-precision")).isPresent();
        assertThat(reply.headers().firstValue("x-tutti-truncated-tokens")).hasValue("0");
        JsonNode json = TestServer.json(reply);
        assertThat(json.propertyNames()).containsExactly("object", "id", "model", "results", "usage");
        assertThat(json.path("object").asString()).isEqualTo("rerank");
        assertThat(json.path("id").asString()).isEqualTo(reply.headers().firstValue("x-request-id").orElseThrow());
        assertThat(json.path("model").asString()).isEqualTo(TestServer.ALIAS);
        assertThat(json.at("/results/0/index").asInt()).isEqualTo(1);
        assertThat(json.path("results")).allSatisfy(result -> {
            assertThat(result.propertyNames()).containsExactly("index", "relevance_score", "document");
            assertThat(result.path("document").toString()).isEqualTo("{}");
        });
        List<Double> scores = scores(json);
        assertThat(scores).hasSize(3).isSortedAccordingTo(Comparator.reverseOrder()).allMatch(score -> score >= -1 && score <= 1);
        JsonNode usage = json.path("usage");
        assertThat(usage.propertyNames()).containsExactly("prompt_tokens", "completion_tokens", "total_tokens");
        assertThat(usage.path("completion_tokens").asInt()).isZero();
        assertThat(usage.path("total_tokens").asInt()).isEqualTo(usage.path("prompt_tokens").asInt()).isGreaterThan(20);
    }

    @Test
    void topNMayBeMoreThanThereAre() {
        assertThat(results("\"query\":\"q\",\"top_n\":2,\"documents\":" + DOCUMENTS)).hasSize(2);
        assertThat(results("\"query\":\"q\",\"top_n\":99,\"documents\":" + DOCUMENTS)).hasSize(3);
        assertThat(results("\"query\":\"q\",\"top_n\":null,\"documents\":" + DOCUMENTS)).hasSize(3);
    }

    @Test
    void equalDocumentsStayInTheirOrder() {
        String documents = "[\"same\",\"other words entirely\",\"same\",\"same\"]";
        List<Integer> same = new ArrayList<>();
        results("\"query\":\"same\",\"documents\":" + documents).forEach(result -> same.add(result.path("index").asInt()));
        assertThat(same).containsExactly(0, 2, 3, 1);
    }

    @Test
    void documentsComeBackWhenAskedFor() {
        JsonNode results = results("\"query\":\"bread\",\"return_documents\":true,\"documents\":"
                + "[\"Bread is baked.\",{ \"title\" : \"Vicuña \\u4e16\", \"n\": 1.50, \"to\":[\"a\", {\"b\":null}]}]");
        assertThat(results.path(0).at("/document/text").asString()).isEqualTo("Bread is baked.");
        assertThat(results.path(1).at("/document/text").asString())
                .isEqualTo("{\"title\":\"Vicuña 世\",\"n\":1.50,\"to\":[\"a\",{\"b\":null}]}");
    }

    @Test
    void anObjectIsScoredByItsFieldsInTheOrderAskedFor() {
        String object = "{\"title\":\"Harbour\",\"depth\":12,\"tags\":[\"sea\",\"quay\"],\"text\":\"Ships rest here.\"}";
        assertThat(score(object, null)).isEqualTo(
                score("\"title: Harbour\\ndepth: 12\\ntags: [\\\"sea\\\",\\\"quay\\\"]\\ntext: Ships rest here.\"", null));
        assertThat(score(object, "[\"text\",\"title\"]")).isEqualTo(score("\"text: Ships rest here.\\ntitle: Harbour\"", null));
        assertThat(score(object, "[\"title\",\"text\"]")).isNotEqualTo(score(object, "[\"text\",\"title\"]"));
        assertThat(score(object, "[\"title\",\"missing\"]")).isEqualTo(score("\"title: Harbour\"", null));
        assertThat(score(object, "[]")).isEqualTo(score(object, null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"query\":\"\",\"documents\":[\"d\"]|query|empty",
                "\"query\":\"  \",\"documents\":[\"d\"]|query|empty",
                "\"query\":\"q\",\"documents\":[]|documents|empty",
                "\"query\":\"q\",\"documents\":[\"d\"],\"top_n\":0|top_n|at least 1",
                "\"query\":\"q\",\"documents\":[\"d\"],\"top_n\":-3|top_n|at least 1",
                "\"query\":\"q\",\"documents\":[\"d\"],\"top_n\":1.5|top_n|whole number",
                "\"query\":\"q\",\"documents\":[\"d\",{\"a\":1}],\"rank_fields\":[\"b\"]|documents[1]|rank_fields",
                "\"query\":\"q\",\"documents\":[\"d\",7]|documents[1]|a string or an object",
                "\"query\":\"q\",\"documents\":\"d\"|documents|a list",
                "\"query\":7,\"documents\":[\"d\"]|query|a string",
                "\"documents\":[\"d\"]|query|required",
                "\"query\":\"q\"|documents|required",
                "\"query\":\"q\",\"documents\":[\"d\"],\"max_tokens_per_doc\":0|max_tokens_per_doc|at least 1",
                "\"query\":\"q\",\"documents\":[\"d\"],\"max_chunks_per_doc\":0|max_chunks_per_doc|at least 1",
                "\"query\":\"q\",\"documents\":[\"d\"],\"max_chunks_per_doc\":2,\"overlap\":-1|overlap|at least 0",
                "\"query\":\"q\",\"documents\":[\"d\"],\"max_chunks_per_doc\":2,\"overlap\":510|overlap|less than 510",
                "\"query\":\"q\",\"documents\":[\"d\"],\"overlap\":1|overlap|needs max_chunks_per_doc",
                "\"query\":\"q\",\"documents\":[\"d\"],\"raw_scores\":1|raw_scores|true or false",
            })
    void whatIsWrongIsNamed(String fields, String param, String inMessage) {
        for (String path : List.of("/v1/rerank", "/v2/rerank")) {
            HttpResponse<byte[]> reply = server.post(path, "{\"model\":\"%s\",%s}".formatted(TestServer.ALIAS, fields));
            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(TestServer.error(reply).param()).isEqualTo(param);
            assertThat(TestServer.error(reply).message()).contains(inMessage);
        }
    }

    @Test
    void longDocumentsAreCutAndThatIsSaid() {
        String text = "tide ".repeat(700);
        HttpResponse<byte[]> reply = rerank("\"query\":\"tide\",\"documents\":[\"%s\"]".formatted(text));
        assertThat(reply.headers().firstValue("x-tutti-truncated-tokens")).hasValue("190");
        reply = rerank("\"query\":\"tide\",\"truncate\":\"error\",\"documents\":[\"a\",\"%s\"]".formatted(text));
        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(reply).param()).isEqualTo("documents[1]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v2/rerank", "/v1/v2/rerank"})
    void coheresClientsGetCoheresReply(String path) {
        HttpResponse<byte[]> reply = server.post(
                path,
                "{\"model\":\"%s\",\"query\":\"capital of France\",\"top_n\":2,\"max_tokens_per_doc\":4096,\"priority\":1,\"documents\":%s}"
                        .formatted(TestServer.ALIAS, DOCUMENTS));
        assertThat(reply.statusCode()).isEqualTo(200);
        JsonNode json = TestServer.json(reply);
        assertThat(json.propertyNames()).containsExactly("results", "id", "meta");
        assertThat(json.at("/results/0").propertyNames()).containsExactly("index", "relevance_score");
        assertThat(json.at("/results/0/index").asInt()).isEqualTo(1);
        assertThat(json.path("results")).hasSize(2);
        assertThat(json.at("/meta/api_version/version").asString()).isEqualTo("2");
        assertThat(json.at("/meta/billed_units/search_units").asInt()).isEqualTo(1);
        assertThat(json.at("/meta/tokens/input_tokens").asInt()).isPositive();
    }

    @Test
    void coheresLimitOfTokensADocumentIsKept() {
        HttpResponse<byte[]> reply =
                rerank("\"query\":\"tide\",\"max_tokens_per_doc\":10,\"documents\":[\"%s\"]".formatted("tide ".repeat(20)));
        assertThat(reply.headers().firstValue("x-tutti-truncated-tokens")).hasValue("10");
        reply = rerank("\"query\":\"%s\",\"max_tokens_per_doc\":10,\"documents\":[\"tide\"]".formatted("tide ".repeat(20)));
        assertThat(reply.headers().firstValue("x-tutti-truncated-tokens")).as("of the query nothing").hasValue("0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/rerank", "/rerank", "/v1/v1/rerank"})
    void everyBaseUrlThatAnotherSdkMeantLeadsHere(String path) {
        String body = "{\"model\":\"%s\",\"query\":\"q\",\"documents\":[\"d\"]}".formatted(TestServer.MODEL);
        assertThat(TestServer.json(server.post(path, body)).path("object").asString()).isEqualTo("rerank");
    }

    private HttpResponse<byte[]> rerank(String fields) {
        return server.post("/v1/rerank", "{\"model\":\"%s\",%s}".formatted(TestServer.ALIAS, fields));
    }

    private JsonNode results(String fields) {
        HttpResponse<byte[]> reply = rerank(fields);
        assertThat(reply.statusCode()).isEqualTo(200);
        return TestServer.json(reply).path("results");
    }

    private double score(String document, @Nullable String rankFields) {
        String fields = rankFields == null ? "" : ",\"rank_fields\":" + rankFields;
        return results("\"query\":\"where do ships rest\",\"documents\":[" + document + "]" + fields)
                .path(0)
                .path("relevance_score")
                .asDouble();
    }

    private static List<Double> scores(JsonNode json) {
        List<Double> scores = new ArrayList<>();
        json.path("results").forEach(result -> scores.add(result.path("relevance_score").asDouble()));
        return scores;
    }
}
