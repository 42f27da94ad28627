package ai.tutti.client;

import static ai.tutti.client.ScriptedServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.api.EmbeddingsReply;
import ai.tutti.api.EmbeddingsUsage;
import ai.tutti.api.RerankReply;
import ai.tutti.client.ScriptedServer.Line;
import ai.tutti.client.ScriptedServer.Request;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Lists that are too long for one request. */
@Timeout(60)
class SplittingTest {
    private static List<String> texts(int count) {
        return IntStream.rangeClosed(1, count).mapToObj("x"::repeat).toList();
    }

    private static int[] sizes(ScriptedServer server, String field) {
        return server.requests().stream()
                .mapToInt(request -> request.json().path(field).size())
                .sorted()
                .toArray();
    }

    @Test
    void manyTextsAreSentInPartsAndComeBackInOrder() {
        AtomicInteger underWay = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        // The later the part, the sooner its answer.
        Line line = (request, connection) -> {
            most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
            Thread.sleep(Math.max(0, 400 - 4 * request.json().path("input").get(0).stringValue().length()));
            underWay.decrementAndGet();
            ScriptedServer.embed(request, connection);
        };
        try (ScriptedServer server = ScriptedServer.with(line)) {
            Tutti client = server.client().batchTexts(10).concurrency(3).build();
            EmbeddingsReply reply = client.embeddings().create(EmbeddingCreateParams.of("m", texts(95)));

            assertThat(reply.data()).extracting(EmbeddingsReply.Embedding::index)
                    .containsExactlyElementsOf(IntStream.range(0, 95).boxed().toList());
            assertThat(reply.data()).extracting(vector -> (int) vector.embedding()[0])
                    .containsExactlyElementsOf(IntStream.rangeClosed(1, 95).boxed().toList());
            assertThat(reply.usage()).isEqualTo(new EmbeddingsUsage(95 * 96 / 2, 95 * 96 / 2, 0));
            assertThat(sizes(server, "input")).containsExactly(5, 10, 10, 10, 10, 10, 10, 10, 10, 10);
            assertThat(most).hasValueBetween(2, 3);
        }
    }

    @Test
    void longTextsMakeSmallParts() {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer::embed)) {
            Tutti client = server.client().batchCharacters(10).build();
            List<String> texts = List.of("x".repeat(25), "x".repeat(5), "x".repeat(5), "x", "x".repeat(10), "");
            client.embeddings().create(EmbeddingCreateParams.of("m", texts));

            assertThat(sizes(server, "input")).containsExactly(1, 1, 2, 2);
        }
    }

    @Test
    void anEmptyListIsForTheServiceToRefuse() {
        try (ScriptedServer server = ScriptedServer.with(json(400, "{\"error\":{\"message\":\"empty\",\"type\":\"t\"}}"))) {
            Embeddings embeddings = server.client().build().embeddings();
            assertThatThrownBy(() -> embeddings.create(EmbeddingCreateParams.of("m")))
                    .isInstanceOf(BadRequestException.class)
                    .hasMessage("empty");
            assertThat(sizes(server, "input")).containsExactly(0);
        }
    }

    @Test
    void withoutTheUsageOfEachPartThereIsNone() {
        Line silent = (request, connection) -> json(200, ScriptedServer.vectors(request).replace("usage", "other"))
                .answer(request, connection);
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer::embed, silent)) {
            Tutti client = server.client().batchTexts(1).build();
            assertThat(client.embeddings().create(EmbeddingCreateParams.of("m", "a", "b")).usage()).isNull();
        }
    }

    @Test
    void aPartThatFailsEndsTheOthers() throws Exception {
        CountDownLatch waiting = new CountDownLatch(2);
        CountDownLatch hungUp = new CountDownLatch(2);
        Line line = (request, connection) -> {
            if (isFirst(request)) {
                waiting.await();
                json(404, "{\"error\":{\"message\":\"gone\",\"type\":\"t\"}}").answer(request, connection);
            } else {
                waiting.countDown();
                connection.awaitHangUp();
                hungUp.countDown();
            }
        };
        try (ScriptedServer server = ScriptedServer.with(line)) {
            Embeddings embeddings = server.client().batchTexts(2).concurrency(3).build().embeddings();
            assertThatThrownBy(() -> embeddings.create(EmbeddingCreateParams.of("m", texts(20))))
                    .isInstanceOf(NotFoundException.class)
                    .hasMessage("gone");
            assertThat(hungUp.await(20, TimeUnit.SECONDS)).as("the other parts are broken off").isTrue();
            assertThat(server.requests()).as("no further part is sent").hasSize(3);
        }
    }

    private static boolean isFirst(Request request) {
        return request.json().path("input").get(0).stringValue().length() == 1;
    }

    @Test
    void cancellingEndsAllParts() throws Exception {
        CountDownLatch waiting = new CountDownLatch(3);
        CountDownLatch hungUp = new CountDownLatch(3);
        Line line = (request, connection) -> {
            waiting.countDown();
            connection.awaitHangUp();
            hungUp.countDown();
        };
        try (ScriptedServer server = ScriptedServer.with(line)) {
            Embeddings embeddings = server.client().batchTexts(2).concurrency(3).build().embeddings();
            CompletableFuture<EmbeddingsReply> reply = embeddings.createAsync(EmbeddingCreateParams.of("m", texts(20)));
            assertThat(waiting.await(20, TimeUnit.SECONDS)).isTrue();
            reply.cancel(true);
            assertThat(hungUp.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(server.requests()).hasSize(3);
        }
    }

    @Test
    void manyDocumentsAreRankedAsOneList() {
        // A document's score is a tenth of its length.
        Line line = (request, connection) -> {
            StringBuilder results = new StringBuilder();
            int index = 0;
            for (JsonNode document : request.json().path("documents")) {
                int length = (document.isString() ? document : document.path("text")).stringValue().length();
                results.append(index == 0 ? "" : ",")
                        .append("{\"index\":%d,\"relevance_score\":%s,\"document\":{}}".formatted(index++, length / 10.0));
            }
            String usage = "{\"prompt_tokens\":2,\"completion_tokens\":0,\"total_tokens\":2}";
            String reply = "{\"model\":\"m\",\"results\":[%s],\"usage\":%s}".formatted(results, usage);
            json(200, reply).answer(request, connection);
        };
        try (ScriptedServer server = ScriptedServer.with(line)) {
            Tutti client = server.client().batchTexts(3).build();
            RerankReply reply = client.rerank().create(RerankCreateParams.builder()
                    .model("m")
                    .query("q")
                    .documents("xx", "xxxx", "x", "xxxxx", "xxxx", "xxx")
                    .document(Map.of("text", "xxxxxxx"))
                    .topN(4)
                    .build());

            assertThat(reply.results()).extracting(RerankReply.Result::index).containsExactly(6, 3, 1, 4);
            assertThat(reply.usage()).isEqualTo(new RerankReply.Usage(6, 0, 6));
            assertThat(sizes(server, "documents")).containsExactly(1, 3, 3);
            assertThat(server.requests()).allMatch(request -> request.json().path("top_n").asInt() == 4);
        }
    }
}
