package ai.tutti.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings. */
class TuttiTest {
    @Test
    void theEnvironmentSaysWhereAndWithWhichKey() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(200, "[]"))) {
            Tutti.builder(Map.of("TOGETHER_BASE_URL", " " + server.url() + "/\n", "TOGETHER_API_KEY", "the-key\n"))
                    .build()
                    .models()
                    .list();

            ScriptedServer.Request request = server.take();
            assertThat(request.method() + " " + request.path()).isEqualTo("GET /v1/models");
            assertThat(request.headers()).containsEntry("authorization", "Bearer the-key");
        }
    }

    @Test
    void whatTheProgramSaysGoesBeforeTheEnvironment() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(200, "[]"))) {
            Tutti.builder(Map.of("TOGETHER_BASE_URL", "http://127.0.0.1:1", "TOGETHER_API_KEY", "other"))
                    .baseUrl(server.url())
                    .apiKey("mine")
                    .build()
                    .models()
                    .list();

            assertThat(server.take().headers()).containsEntry("authorization", "Bearer mine");
        }
    }

    @Test
    void anotherClientOfTheSameSettings() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(503, "{}"))) {
            Tutti client = server.client().apiKey("one").maxRetries(0).build();
            Tutti other = client.toBuilder().apiKey("two").build();
            for (Tutti each : new Tutti[] {client, other}) {
                assertThat(catchThrowable(() -> each.models().list()))
                        .isInstanceOf(InternalServerException.class);
            }
            assertThat(server.requests())
                    .extracting(request -> request.headers().get("authorization"))
                    .containsExactly("Bearer one", "Bearer two");
        }
    }

    @Test
    void connectionsOfTheCallersOwn() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(ScriptedServer.json(200, "[]"));
                HttpClient mine = HttpClient.newHttpClient()) {
            Tutti client = server.client().httpClient(mine).connectTimeout(Duration.ofSeconds(1)).build();
            client.toBuilder().maxRetries(0).build().models().list();
            mine.shutdownNow();
            Models models = client.toBuilder().maxRetries(0).build().models();
            assertThat(catchThrowable(models::list)).isInstanceOf(ApiConnectionException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:8080/v1, http://127.0.0.1:8080/v1/, false",
        "http://127.0.0.1:8080/v1//, http://127.0.0.1:8080/v1/, false",
        "http://127.0.0.1:8080, http://127.0.0.1:8080/, false",
        "HTTPS://gateway.example/team%20a/v1, HTTPS://gateway.example/team%20a/v1/, false",
        "http://[::1]:8080/v1, http://[::1]:8080/v1/, false",
        "https://api.together.ai/v1, https://api.together.ai/v1/, true",
        "https://api.together.xyz, https://api.together.xyz/v1/, true",
        "https://API.Together.AI/, https://API.Together.AI/v1/, true",
        "https://together.ai.example/v1, https://together.ai.example/v1/, false",
        "https://nottogether.ai/v1, https://nottogether.ai/v1/, false",
    })
    void baseUrls(String text, String uri, boolean togethers) {
        BaseUrl url = BaseUrl.parse(text);
        assertThat(url.uri()).hasToString(uri);
        assertThat(url.isTogethers()).isEqualTo(togethers);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "127.0.0.1:8080", "localhost:8080/v1", "ftp://a/v1", "http:///v1", "http://a b/", "http://a/?x=1",
                "http://a/#x",
            })
    void whatIsNoBaseUrlIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tutti.builder().baseUrl(text))
                .withMessageStartingWith("baseUrl ");
    }

    @Test
    void limitsThatAreNoneAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Tutti.builder().timeout(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> Tutti.builder().stallTimeout(Duration.ofSeconds(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> Tutti.builder().connectTimeout(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> Tutti.builder().maxRetries(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> Tutti.builder().apiKey(" "));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tutti.builder().batchTexts(0).build())
                .withMessage("batchTexts must be at least 1, not 0");
        assertThatIllegalArgumentException().isThrownBy(() -> Tutti.builder().batchCharacters(0).build());
        assertThatIllegalArgumentException().isThrownBy(() -> Tutti.builder().concurrency(0).build());
    }

    @Test
    void aHeaderThatCannotBeSentIsRefusedAtOnce() {
        assertThatIllegalArgumentException().isThrownBy(() -> Tutti.builder().header("x y", "z").build());
        assertThatIllegalArgumentException().isThrownBy(() -> Tutti.builder().apiKey("a\nb").build());
    }

    @Test
    void aRequestNeedsItsFields() {
        assertThatNullPointerException()
                .isThrownBy(() -> EmbeddingCreateParams.builder().input("a").build())
                .withMessage("model is missing");
        assertThatNullPointerException()
                .isThrownBy(() -> EmbeddingCreateParams.builder().model("m").build())
                .withMessage("input is missing");
        assertThatNullPointerException()
                .isThrownBy(() -> RerankCreateParams.builder().model("m").build())
                .withMessage("query is missing");
    }
}
