package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.hub.ModelSpec;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StartTest {
    @Test
    void aBusyPortIsSaidInOneLine() {
        int port = TestServer.shared().port();
        assertOneLine(settings(port, List.of(new ModelSpec(TestServer.MODEL, null)), Map.of()), "127.0.0.1:" + port, "--port");
    }

    @Test
    void aHostThatIsNotThisMachinesIsSaidInOneLine() {
        for (String host : List.of("192.0.2.1", "no-such-host.invalid")) {
            ServerSettings local = settings(0, List.of(new ModelSpec(TestServer.MODEL, null)), Map.of());
            assertOneLine(local.toBuilder().host(host).build(), host, "--host");
        }
    }

    @Test
    void aMissingOrEmptyFolderIsSaidInOneLine(@TempDir Path folder) {
        Path missing = folder.resolve("nothing");
        assertOneLine(settings(0, List.of(new ModelSpec("mine", missing)), Map.of()), missing.toString());
        assertOneLine(settings(0, List.of(new ModelSpec("mine", folder)), Map.of()), folder.toString());
        assertOneLine(settings(0, List.of(new ModelSpec("nobody/nothing", null)), Map.of()), "nobody/nothing");
    }

    @Test
    void anAliasToNowhereIsSaidInOneLine() {
        List<ModelSpec> models = List.of(new ModelSpec(TestServer.MODEL, null));
        assertOneLine(settings(0, models, Map.of("alias", "nobody/nothing")), "alias", "nobody/nothing", TestServer.MODEL);
        assertOneLine(settings(0, models, Map.of(TestServer.MODEL, TestServer.MODEL)), TestServer.MODEL);
        assertOneLine(settings(0, List.of(models.getFirst(), models.getFirst()), Map.of()), "twice");
    }

    @Test
    void whatIsServedIsTold() {
        ModelStatus model = TestServer.shared().server().models().getFirst();
        assertThat(model.name()).isEqualTo(TestServer.MODEL);
        assertThat(model.aliases()).containsExactly(TestServer.ALIAS);
        assertThat(model.dimensions()).isEqualTo(384);
        assertThat(model.scoreDescription()).contains("cosine");
    }

    @Test
    void closingLetsARequestUnderWayEndAndLetsNobodyIn() throws Exception {
        TestServer server = TestServer.start(settings -> settings);
        String texts = IntStream.range(0, 300)
                .mapToObj(i -> "\"text " + i + " of the harbour's log\"")
                .collect(Collectors.joining(",", "[", "]"));
        CompletableFuture<HttpResponse<byte[]>> underWay = CompletableFuture.supplyAsync(() -> server.post(
                "/v1/embeddings",
                "{\"model\":\"%s\",\"encoding_format\":\"base64\",\"input\":%s}".formatted(TestServer.MODEL, texts)));
        Waiting.until(() -> server.metric("tutti_queue_tokens") > 0);
        server.server().close();
        HttpResponse<byte[]> reply = underWay.get();
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(TestServer.json(reply).path("data")).hasSize(300);
        assertThatThrownBy(() -> server.client()
                        .send(
                                HttpRequest.newBuilder(server.uri("/livez")).timeout(Duration.ofSeconds(5)).build(),
                                HttpResponse.BodyHandlers.discarding()))
                .isInstanceOf(IOException.class);
        server.close();
    }

    private static ServerSettings settings(int port, List<ModelSpec> models, Map<String, String> aliases) {
        return ServerSettings.DEFAULT.toBuilder()
                .port(port)
                .models(models)
                .aliases(aliases)
                .threads(1)
                .build();
    }

    private static void assertOneLine(ServerSettings settings, String... parts) {
        assertThatThrownBy(() -> TuttiServer.start(settings).close())
                .isInstanceOf(StartException.class)
                .message()
                .contains(parts)
                .doesNotContain("\n", "Exception");
    }
}
