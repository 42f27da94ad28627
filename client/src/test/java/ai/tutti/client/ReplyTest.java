package ai.tutti.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.api.EmbeddingsReply;
import ai.tutti.api.EmbeddingsUsage;
import ai.tutti.api.ModelInfo;
import ai.tutti.api.RerankReply;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes back, from services of every make. */
class ReplyTest {
    private static EmbeddingsReply embedded(String json, int texts) {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(200, json))) {
            List<String> input = List.of("a", "b", "c").subList(0, texts);
            return server.client().build().embeddings().create(EmbeddingCreateParams.of("m", input));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"AACAPwAAAMAAAAAA\"",
                "[1.0,-2.0,0.0]",
                "[1,-2,0]",
                "[1e0,-0.2e1,0]",
            })
    void aVectorHoweverItIsWritten(String vector) {
        String json = "{\"object\":\"list\",\"model\":\"m\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":%s}]}"
                .formatted(vector);

        EmbeddingsReply reply = embedded(json, 1);

        assertThat(reply.data().getFirst().embedding()).containsExactly(1, -2, 0);
        assertThat(reply.usage()).isNull();
    }

    @Test
    void unknownFieldsAndMissingCountersDoNoHarm() {
        EmbeddingsReply reply = embedded(
                """
                {"id": "x", "model": "m", "new": {"a": [1]}, "new": 2, "data": [
                  {"index": 1, "embedding": [2], "more": null}, {"index": 0, "embedding": [1]}],
                 "usage": {"prompt_tokens": 7.0, "total_tokens": 7, "cost": 0.1}}
                """,
                2);

        assertThat(reply.usage()).isEqualTo(new EmbeddingsUsage(7, 7, 0));
        assertThat(reply.data()).extracting(vector -> vector.embedding()[0]).as("in order").containsExactly(1f, 2f);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[]|2 texts were sent, and 0 vectors came back: of []",
                "[{\"index\":0,\"embedding\":[1]}]|2 texts were sent, and 1 vectors came back: of [0]",
                "[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]}]|2 texts were sent, and 2 vectors came back: of [0, 0]",
                "[{\"index\":0,\"embedding\":[1]},{\"index\":2,\"embedding\":[1]}]|2 texts were sent, and 2 vectors came back: of [0, 2]",
            })
    void eachTextMustHaveItsVector(String data, String message) {
        assertThatThrownBy(() -> embedded("{\"model\":\"m\",\"data\":" + data + "}", 2))
                .isInstanceOf(UnexpectedReplyException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "null", "<html>Sign in</html>", "[]", "{}", "{\"model\":\"m\",\"data\":[null]}",
                "{\"model\":\"m\",\"data\":[{\"index\":0,\"embedding\":\"AACAPw==x\"}]}",
                "{\"model\":\"m\",\"data\":[{\"index\":0,\"embedding\":\"AACA\"}]}",
                "{\"model\":\"m\",\"data\":[{\"index\":0,\"embedding\":null}]}",
            })
    void whatIsNoReplyIsSaidToBeNone(String body) {
        assertThatThrownBy(() -> embedded(body, 1)).isInstanceOf(UnexpectedReplyException.class);
    }

    @Test
    void aRankingAsTogetherSendsIt() {
        String json = "{\"object\":\"rerank\",\"id\":\"oGs6Zt9\",\"model\":\"m\",\"results\":["
                + "{\"index\":1,\"relevance_score\":0.6475887154399037,\"document\":{}},"
                + "{\"index\":0,\"relevance_score\":0.5,\"document\":{\"text\":\"a\"}}],"
                + "\"usage\":{\"prompt_tokens\":2966,\"completion_tokens\":0,\"total_tokens\":2966}}";
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(200, json))) {
            RerankReply reply = server.client().build().rerank().create(RerankCreateParams.of("m", "q", List.of("a", "b")));

            assertThat(reply.results()).extracting(RerankReply.Result::index).containsExactly(1, 0);
            assertThat(reply.results().getFirst().relevanceScore()).isEqualTo((float) 0.6475887154399037);
            assertThat(reply.results().getFirst().document().text()).isNull();
            assertThat(reply.usage()).isEqualTo(new RerankReply.Usage(2966, 0, 2966));
        }
    }

    @Test
    void aRankingWithoutDocuments() {
        String json = "{\"model\":\"m\",\"results\":[{\"index\":0,\"relevance_score\":1}]}";
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(200, json))) {
            RerankReply reply = server.client().build().rerank().create(RerankCreateParams.of("m", "q", List.of("a")));
            assertThat(reply.results().getFirst().document().text()).isNull();
            assertThat(reply.usage()).isNull();
        }
    }

    @Test
    void aRankingOfDocumentsThatWereNotSentIsRefused() {
        String json = "{\"model\":\"m\",\"results\":[{\"index\":1,\"relevance_score\":1,\"document\":{}}]}";
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(200, json))) {
            Rerank rerank = server.client().build().rerank();
            assertThatThrownBy(() -> rerank.create(RerankCreateParams.of("m", "q", List.of("a"))))
                    .isInstanceOf(UnexpectedReplyException.class)
                    .hasMessage("1 documents were sent, and one of index 1 came back");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[%s]", "{\"object\":\"list\",\"data\":[%s]}"})
    void modelsInTogethersListAndInOpenAis(String list) {
        String model = "{\"id\":\"a/b\",\"object\":\"model\",\"created\":1692896905,\"type\":\"embedding\","
                + "\"context_length\":512,\"pricing\":{\"hourly\":0,\"input\":0.1}}";
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(200, list.formatted(model)))) {
            List<ModelInfo> models = server.client().build().models().list();

            assertThat(models).singleElement().satisfies(info -> {
                assertThat(info.id()).isEqualTo("a/b");
                assertThat(info.contextLength()).isEqualTo(512);
                assertThat(info.pricing()).isEqualTo(new ModelInfo.Pricing(0, 0.1, 0, 0, 0, 0));
            });
        }
    }
}
