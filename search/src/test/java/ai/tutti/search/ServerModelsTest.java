package ai.tutti.search;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.api.ChatMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Models behind a server, Tutti's or another's. */
class ServerModelsTest {
    private static final String TUTTIS = """
            {"object": "list", "data": [{"id": "me/tiny", "object": "model", "created": 1, "type": "embedding", \
            "context_length": 256, "dimensions": 2, "state": "loaded"}]}""";
    private static final String ANOTHERS = """
            [{"id": "me/tiny", "object": "model", "created": 1, "type": "embedding", "context_length": 8192}]""";

    private static String vectors(JsonNode request) {
        var vectors = request.get("input").valueStream()
                .map(text -> "[%d, 1]".formatted(text.asString().length()))
                .toList();
        var data = new ArrayList<String>();
        for (int i = 0; i < vectors.size(); i++) {
            data.add("{\"object\": \"embedding\", \"index\": %d, \"embedding\": %s}".formatted(i, vectors.get(i)));
        }
        return """
                {"object": "list", "model": "me/tiny", "data": [%s], \
                "usage": {"prompt_tokens": 9, "total_tokens": 9, "truncated_tokens": 3}}"""
                .formatted(String.join(", ", data));
    }

    @Test
    void tuttiIsToldWhatTheTextsAre() throws IOException {
        try (var service = new LoopbackService().on("models", request -> TUTTIS).on("embeddings", ServerModelsTest::vectors)) {
            var embedder = ServerEmbedder.connect(service.client(), "me/tiny");
            assertThat(embedder.space()).isEqualTo(new VectorSpace("me/tiny", 2));
            assertThat(embedder.maxTokens()).isEqualTo(256);

            assertThat(embedder.embed(List.of("a", "bcd"), InputKind.DOCUMENT)).isDeepEqualTo(new float[][] {{1, 1}, {3, 1}});
            assertThat(service.requests().getLast().get("input_type").asString()).isEqualTo("document");
            assertThat(embedder.truncatedTokens()).isEqualTo(3);
            assertThat(embedder.embed(List.of(), InputKind.DOCUMENT)).isEmpty();
        }
    }

    @Test
    void anotherServiceIsNot() throws IOException {
        try (var service = new LoopbackService().on("models", request -> ANOTHERS).on("embeddings", ServerModelsTest::vectors)) {
            var embedder = ServerEmbedder.connect(service.client(), "me/tiny");

            assertThat(embedder.embed(List.of("a"), InputKind.QUERY)).isDeepEqualTo(new float[][] {{1, 1}});
            assertThat(embedder.maxTokens()).isEqualTo(8_192);
            assertThat(service.requests()).isNotEmpty().noneMatch(request -> request.has("input_type"));
        }
    }

    @Test
    void scoresComeInTheOrderOfTheDocuments() throws IOException {
        try (var service = new LoopbackService().on("rerank", request -> """
                {"object": "rerank", "model": "m", "results": [
                    {"index": 2, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.5}, {"index": 1, "relevance_score": -1}]}""")) {
            var reranker = new ServerReranker(service.client(), "m");

            assertThat(reranker.scores("q", List.of("a", "b", "c"))).containsExactly(0.5f, -1, 0.9f);
            assertThat(reranker.scores("q", List.of())).isEmpty();
        }
    }

    @Test
    void anAnswerComesPieceByPieceAndWhole() throws IOException {
        try (var service = new LoopbackService().on("chat/completions", request -> LoopbackService.saying("They ", "do. ", "[1]"))) {
            var chat = new ServerChatModel(service.client(), "m", request -> request.maxTokens(7));
            var pieces = new ArrayList<String>();

            assertThat(chat.answer(List.of(ChatMessage.user("Do they?")), pieces::add)).isEqualTo("They do. [1]");
            assertThat(pieces).containsExactly("They ", "do. ", "[1]");
            var request = service.requests().getFirst();
            assertThat(request.get("temperature").asDouble()).isZero();
            assertThat(request.get("max_tokens").asInt()).isEqualTo(7);
            assertThat(request.get("messages").valueStream().map(turn -> turn.get("content").asString()).collect(Collectors.joining()))
                    .isEqualTo("Do they?");
        }
    }

    @Test
    void tokensAreRatherOverestimated() {
        assertThat(TokenEstimate.of("All together now, 1969!")).isBetween(7, 12);
        assertThat(TokenEstimate.of("全部一起")).isEqualTo(4);
        assertThat(TokenEstimate.of(" \n\t")).isZero();
    }
}
