package ai.tutti.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.api.EncodingFormat;
import ai.tutti.api.TruncateMode;
import ai.tutti.client.ScriptedServer.Request;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is sent. */
class RequestTest {
    private static final String RANKED = "{\"object\":\"rerank\",\"model\":\"m\",\"results\":[]}";

    @Test
    void anEmbeddingsRequest() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer::embed)) {
            server.client().apiKey("secret").build().embeddings().create(EmbeddingCreateParams.of("m", "vicuña 🦙", ""));

            Request request = server.take();
            assertThat(request.method() + " " + request.path()).isEqualTo("POST /v1/embeddings");
            assertThat(request.body())
                    .isEqualTo("{\"model\":\"m\",\"input\":[\"vicuña 🦙\",\"\"],\"encoding_format\":\"base64\"}");
            assertThat(request.headers())
                    .containsEntry("authorization", "Bearer secret")
                    .containsEntry("content-type", "application/json")
                    .containsEntry("accept", "application/json")
                    .hasEntrySatisfying("user-agent", agent -> assertThat(agent).startsWith("Tutti/Java "))
                    .doesNotContainKeys("upgrade", "http2-settings");
        }
    }

    @Test
    void everyFieldOfAnEmbeddingsRequest() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer::embed)) {
            EmbeddingCreateParams params = EmbeddingCreateParams.builder()
                    .model("m")
                    .input("a")
                    .dimensions(64)
                    .truncate(TruncateMode.ERROR)
                    .inputType("query")
                    .promptName("q")
                    .extra("user", Map.of("id", 7))
                    .extra("nothing", null)
                    .build();
            server.client().vectorEncoding(EncodingFormat.FLOAT).build().embeddings().create(params);

            assertThat(server.take().body())
                    .isEqualTo("{\"model\":\"m\",\"input\":[\"a\"],\"dimensions\":64,\"truncate\":\"error\","
                            + "\"input_type\":\"query\",\"prompt_name\":\"q\",\"user\":{\"id\":7},\"nothing\":null}");
        }
    }

    @Test
    void anExtraTakesThePlaceOfAFieldOfItsName() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer::embed)) {
            EmbeddingCreateParams params = EmbeddingCreateParams.builder()
                    .model("m")
                    .input("a")
                    .dimensions(64)
                    .extra("dimensions", "all")
                    .build();
            server.client().vectorEncoding(EncodingFormat.FLOAT).build().embeddings().create(params);

            assertThat(server.take().body()).isEqualTo("{\"model\":\"m\",\"input\":[\"a\"],\"dimensions\":\"all\"}");
        }
    }

    @Test
    void everyFieldOfARerankRequest() throws Exception {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("title", "Llama");
        fields.put("aTag", List.of(1, true));
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(200, RANKED))) {
            RerankCreateParams params = RerankCreateParams.builder()
                    .model("m")
                    .query("q")
                    .documents("one", "two")
                    .document(fields)
                    .topN(2)
                    .returnDocuments(true)
                    .rankFields("title", "text")
                    .truncate(TruncateMode.START)
                    .maxTokensPerDoc(9)
                    .maxChunksPerDoc(3)
                    .overlap(0)
                    .instruction("facts")
                    .rawScores(true)
                    .normalize(false)
                    .extra("priority", 1)
                    .build();
            server.client().build().rerank().create(params);

            Request request = server.take();
            assertThat(request.path()).isEqualTo("/v1/rerank");
            assertThat(request.headers()).doesNotContainKey("authorization");
            assertThat(request.body())
                    .isEqualTo("{\"model\":\"m\",\"query\":\"q\","
                            + "\"documents\":[\"one\",\"two\",{\"title\":\"Llama\",\"aTag\":[1,true]}],"
                            + "\"top_n\":2,\"return_documents\":true,\"rank_fields\":[\"title\",\"text\"],"
                            + "\"truncate\":\"start\",\"max_tokens_per_doc\":9,"
                            + "\"max_chunks_per_doc\":3,\"overlap\":0,\"instruction\":\"facts\",\"raw_scores\":true,\"normalize\":false,\"priority\":1}");
        }
    }

    @Test
    void halfACharacterIsSentAsJavaHasIt() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer::embed)) {
            server.client().build().embeddings().create(EmbeddingCreateParams.of("m", "half: \uD83E"));

            assertThat(server.take().body()).contains("\"half: \\uD83E\"");
        }
    }

    @Test
    void anExtraThatIsNoJsonIsRefusedBeforeItIsSent() {
        List<Object> abyss = List.of();
        for (int depth = 0; depth < 2_000; depth++) {
            abyss = List.of(abyss);
        }
        EmbeddingCreateParams params =
                EmbeddingCreateParams.builder().model("m").input("a").extra("x", abyss).build();
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer::embed)) {
            Embeddings embeddings = server.client().build().embeddings();
            assertThatThrownBy(() -> embeddings.create(params))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the request cannot be written as JSON: ");
            assertThat(embeddings.createAsync(params)).isCompletedExceptionally();
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void headersOfTheCallersOwn() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(200, "[]"))) {
            Tutti client = server.client()
                    .apiKey("key")
                    .header("X-Team", "search")
                    .header("User-Agent", "mine")
                    .header("Authorization", "Basic x")
                    .build();
            client.models().list();

            assertThat(server.take().headers())
                    .containsEntry("x-team", "search")
                    .containsEntry("user-agent", "mine")
                    .containsEntry("authorization", "Basic x");
        }
    }
}
