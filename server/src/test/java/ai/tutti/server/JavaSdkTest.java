package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.api.EmbeddingsReply;
import ai.tutti.api.EmbeddingsUsage;
import ai.tutti.api.EncodingFormat;
import ai.tutti.api.ModelInfo;
import ai.tutti.api.RerankReply;
import ai.tutti.api.TruncateMode;
import ai.tutti.client.ApiStatusException;
import ai.tutti.client.AuthenticationException;
import ai.tutti.client.BadRequestException;
import ai.tutti.client.ChatCompletionCreateParams;
import ai.tutti.client.EmbeddingCreateParams;
import ai.tutti.client.NotFoundException;
import ai.tutti.client.RateLimitException;
import ai.tutti.client.RerankCreateParams;
import ai.tutti.client.Tutti;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Java SDK as its users use it. */
final class JavaSdkTest {
    private static final String MODEL = TestServer.MODEL;

    private static Tutti.Builder client(TestServer server) {
        return Tutti.builder().baseUrl(server.uri("/v1").toString()).apiKey("any");
    }

    private static Tutti client() {
        return client(TestServer.shared()).build();
    }

    private static List<String> texts(int count) {
        return IntStream.range(0, count).mapToObj(i -> "vicuña, 🦙 number " + i).toList();
    }

    private static float[][] vectors(EmbeddingsReply reply) {
        return reply.data().stream().map(EmbeddingsReply.Embedding::embedding).toArray(float[][]::new);
    }

    @Test
    void vectorsAreTheSameBitsHoweverTheyTravelAndWhereverTheListIsCut() {
        EmbeddingCreateParams params = EmbeddingCreateParams.of(MODEL, texts(50));
        EmbeddingsReply whole = client().embeddings().create(params);
        EmbeddingsReply asNumbers = client().toBuilder()
                .vectorEncoding(EncodingFormat.FLOAT)
                .build()
                .embeddings()
                .create(params);
        EmbeddingsReply inParts = client().toBuilder().batchTexts(7).concurrency(3).build().embeddings().create(params);

        assertThat(whole.data()).hasSize(50).allMatch(vector -> vector.embedding().length == 384);
        assertThat(vectors(asNumbers)).isDeepEqualTo(vectors(whole));
        assertThat(vectors(inParts)).isDeepEqualTo(vectors(whole));
        assertThat(inParts.data()).extracting(EmbeddingsReply.Embedding::index)
                .containsExactlyElementsOf(IntStream.range(0, 50).boxed().toList());
        assertThat(inParts.usage()).isNotNull().isEqualTo(whole.usage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1", "/v1/", "", "/v1/v1"})
    void everyBaseUrlWorks(String path) {
        Tutti client = Tutti.builder().baseUrl(TestServer.shared().uri(path).toString()).build();
        assertThat(client.embeddings().create(EmbeddingCreateParams.of(MODEL, "a")).data()).hasSize(1);
    }

    @Test
    void whatWasCutIsSaid() {
        EmbeddingCreateParams.Builder params = EmbeddingCreateParams.builder().model(MODEL).input("llama ".repeat(1_000));

        EmbeddingsReply cut = client().embeddings().create(params.build());

        assertThat(cut.usage()).isEqualTo(new EmbeddingsUsage(512, 512, 1_490));
        assertThatThrownBy(() -> client().embeddings().create(params.truncate(TruncateMode.ERROR).build()))
                .isInstanceOfSatisfying(BadRequestException.class, fault -> assertThat(fault.param()).isEqualTo("input[0]"));
    }

    @Test
    void aRankingIsTheSameWhereverTheListIsCut() {
        RerankCreateParams params = RerankCreateParams.builder()
                .model(MODEL)
                .query("Who sings?")
                .documents(texts(20))
                .documents("The choir.", "A stone.")
                .document(Map.of("text", "The soprano sings."))
                .topN(5)
                .returnDocuments(true)
                .build();
        RerankReply whole = client().rerank().create(params);
        RerankReply inParts = client().toBuilder().batchTexts(4).build().rerank().create(params);

        assertThat(whole.results()).hasSize(5);
        assertThat(whole.results().getFirst().index()).isIn(20, 22);
        assertThat(whole.results().getFirst().document().text()).isNotBlank();
        assertThat(inParts.results()).isEqualTo(whole.results());
    }

    @Test
    void modelsAndTheirAliases() {
        assertThat(client().models().list())
                .extracting(ModelInfo::id)
                .contains(MODEL, TestServer.ALIAS);
    }

    @Test
    void anUnknownModel() {
        assertThatThrownBy(() -> client().embeddings().create(EmbeddingCreateParams.of("no/such", "a")))
                .isInstanceOfSatisfying(NotFoundException.class, fault -> {
                    assertThat(fault).hasMessageStartingWith("the model `no/such` is not served here");
                    assertThat(fault.status()).isEqualTo(404);
                    assertThat(fault.code()).isEqualTo("model_not_found");
                    assertThat(fault.param()).isEqualTo("model");
                    assertThat(fault.type()).isEqualTo("invalid_request_error");
                    assertThat(fault.requestId()).isNotBlank();
                });
    }

    @Test
    void theCallersOwnRequestIdComesBack() {
        Tutti client = client().toBuilder().header("x-request-id", "mine-7").build();
        assertThatThrownBy(() -> client.embeddings().create(EmbeddingCreateParams.of(MODEL)))
                .isInstanceOfSatisfying(
                        BadRequestException.class, fault -> assertThat(fault.requestId()).isEqualTo("mine-7"));
    }

    @Test
    void aFieldThatTheSdkHasNoNameFor() {
        EmbeddingCreateParams params =
                EmbeddingCreateParams.builder().model(MODEL).input("a").extra("dimensions", "few").build();
        assertThatThrownBy(() -> client().embeddings().create(params))
                .isInstanceOf(BadRequestException.class)
                .hasMessage("`dimensions` must be a whole number, not a string");
    }

    @Test
    void aServerWithoutChatSaysSo() {
        assertThatThrownBy(() -> client().chat()
                        .completions()
                        .create(ChatCompletionCreateParams.of("any", "Why?")))
                .isInstanceOf(ApiStatusException.class);
    }

    @Test
    void aBodyThatIsTooLargeIsToldAndNotSentAgain() {
        try (TestServer server = TestServer.start(settings -> TestServer.limited(settings, 100_000, 100_000, 100_000))) {
            EmbeddingCreateParams params = EmbeddingCreateParams.of(MODEL, "x".repeat(10_000_000));
            assertThatThrownBy(() -> client(server).build().embeddings().create(params))
                    .isInstanceOfSatisfying(ApiStatusException.class, fault -> {
                        assertThat(fault.status()).isEqualTo(413);
                        assertThat(fault.code()).isEqualTo("request_too_large");
                    });
        }
    }

    @Test
    void aWrongKey() {
        try (TestServer server = TestServer.start(settings -> TestServer.guarded(settings, List.of("right"), false))) {
            assertThatThrownBy(() -> client(server).apiKey("wrong").build().models().list())
                    .isInstanceOfSatisfying(
                            AuthenticationException.class, fault -> assertThat(fault.code()).isEqualTo("invalid_api_key"));
            assertThat(client(server).apiKey("right").build().models().list()).isNotEmpty();
        }
    }

    @Test
    void aFullQueueIsSaidAndEmptiedByCancelling() throws InterruptedException {
        UnaryOperator<ServerSettings> small = settings -> TestServer.limited(settings, 10 << 20, 1_000_000, 1_000);
        try (TestServer server = TestServer.start(small)) {
            Tutti client = client(server)
                    .batchTexts(5_000)
                    .maxRetries(0)
                    .header("x-tutti-priority", "bulk")
                    .build();
            CompletableFuture<EmbeddingsReply> bulk =
                    client.embeddings().createAsync(EmbeddingCreateParams.of(MODEL, texts(5_000)));
            Waiting.until(() -> server.metric("tutti_queue_tokens") > 1_000);
            assertThatThrownBy(() -> client.embeddings().create(EmbeddingCreateParams.of(MODEL, "one more")))
                    .isInstanceOfSatisfying(RateLimitException.class, fault -> {
                        assertThat(fault.code()).isEqualTo("queue_full");
                        assertThat(fault.headers().firstValue("retry-after")).isPresent();
                    });

            bulk.cancel(true);

            Waiting.until(() -> server.metric("tutti_queue_tokens") == 0);
            assertThat(client.embeddings().create(EmbeddingCreateParams.of(MODEL, "now")).data()).hasSize(1);
        }
    }
}
