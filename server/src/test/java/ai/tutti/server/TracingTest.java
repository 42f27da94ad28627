package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import ai.tutti.server.OtlpReceiver.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spans as a collector receives them. */
final class TracingTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALLER = "00f067aa0ba902b7";
    private static final int INTERNAL = 1;
    private static final int SERVER = 2;
    private static final int ERROR = 2;

    @Test
    void aRequestIsASpanBelowItsCallersWithItsStagesBelow() throws Exception {
        try (OtlpReceiver receiver = OtlpReceiver.start();
                TestServer server = traced(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint()))) {
            long before = System.currentTimeMillis() * 1_000_000;
            String body = "{\"model\":\"%s\",\"input\":[\"tide\",\"tide and time\"]}".formatted(TestServer.ALIAS);
            assertThat(server.post("/embeddings", body, "traceparent", "00-" + TRACE + "-" + CALLER + "-01", "x-request-id", "r-1")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(server.post("/v2/rerank", "{\"model\":\"%s\",\"query\":\"q\",\"documents\":[\"a b\",\"c\"]}"
                                    .formatted(TestServer.MODEL))
                            .statusCode())
                    .isEqualTo(200);
            server.server().close();

            Span embeddings = only(receiver, "POST /embeddings");
            assertThat(embeddings.trace()).isEqualTo(TRACE);
            assertThat(embeddings.parent()).isEqualTo(CALLER);
            assertThat(embeddings.kind()).isEqualTo(SERVER);
            assertThat(embeddings.status()).isZero();
            assertThat(embeddings.resource()).contains(entry("service.name", "tutti"));
            assertThat(embeddings.start()).isBetween(before, embeddings.end());
            assertThat(embeddings.attributes())
                    .contains(
                            entry("http.request.method", "POST"),
                            entry("http.route", "/embeddings"),
                            entry("url.path", "/embeddings"),
                            entry("http.response.status_code", 200L),
                            entry("client.address", "127.0.0.1"),
                            entry("gen_ai.operation.name", "embeddings"),
                            entry("gen_ai.request.model", TestServer.ALIAS),
                            entry("gen_ai.response.model", TestServer.MODEL),
                            entry("gen_ai.usage.input_tokens", 8L),
                            entry("tutti.lane", "interactive"),
                            entry("tutti.texts", 2L),
                            entry("tutti.truncated_tokens", 0L),
                            entry("tutti.request.id", "r-1"));
            assertStages(receiver, embeddings);

            Span rerank = only(receiver, "POST /v2/rerank");
            assertThat(rerank.parent()).isEmpty();
            assertThat(rerank.trace()).isNotEqualTo(TRACE).hasSize(32);
            assertThat(rerank.attributes()).contains(entry("gen_ai.operation.name", "rerank"), entry("tutti.texts", 2L));
            assertStages(receiver, rerank);
        }
    }

    /** The stages follow each other within their request. */
    private static void assertStages(OtlpReceiver receiver, Span request) {
        List<Span> stages = new ArrayList<>();
        for (Stage stage : Stage.values()) {
            stages.add(receiver.spans().stream()
                    .filter(span -> span.parent().equals(request.id()) && span.name().equals(stage.wireName()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + stage)));
        }
        assertThat(receiver.spans().stream().filter(span -> span.parent().equals(request.id()))).hasSize(stages.size());
        assertThat(stages).allSatisfy(stage -> {
            assertThat(stage.trace()).isEqualTo(request.trace());
            assertThat(stage.kind()).isEqualTo(INTERNAL);
            assertThat(stage.start()).isBetween(request.start(), stage.end());
            assertThat(stage.end()).isLessThanOrEqualTo(request.end());
        });
        for (int i = 1; i < stages.size(); i++) {
            assertThat(stages.get(i).start()).isGreaterThanOrEqualTo(stages.get(i - 1).end());
        }
    }

    @Test
    void refusalsAndHangUpsAreSpansToo() throws Exception {
        try (OtlpReceiver receiver = OtlpReceiver.start();
                TestServer server = traced(Map.of(
                        "OTEL_TRACES_EXPORTER", "otlp",
                        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", receiver.endpoint() + "/v1/traces",
                        "OTEL_RESOURCE_ATTRIBUTES", "service.name=choir"))) {
            assertThat(server.post("/v1/embeddings", "{").statusCode()).isEqualTo(400);
            assertThat(server.get("/nowhere").statusCode()).isEqualTo(404);
            hangUp(server);
            Waiting.until(() -> server.metric("tutti_requests_in_flight") == 1);
            server.server().close();

            Span refused = receiver.spans().stream()
                    .filter(span -> Long.valueOf(400).equals(span.attributes().get("http.response.status_code")))
                    .findFirst()
                    .orElseThrow();
            assertThat(refused.status()).isZero(); // the caller's fault is no error of the server's
            assertThat(refused.resource()).contains(entry("service.name", "choir"));
            assertThat(only(receiver, "GET").attributes())
                    .contains(entry("http.response.status_code", 404L))
                    .doesNotContainKey("http.route");
            assertThat(receiver.spans().stream().filter(span -> span.status() == ERROR)).singleElement().satisfies(gone -> {
                assertThat(gone.attributes())
                        .contains(entry("error.type", "client_gone"), entry("url.path", "/v1/rerank"))
                        .doesNotContainKey("http.response.status_code");
                assertThat(gone.status()).isEqualTo(ERROR);
            });
        }
    }

    @Test
    void whatIsAskedEveryFewSecondsIsNoSpanAndAMadeUpMethodNoName() throws Exception {
        try (OtlpReceiver receiver = OtlpReceiver.start();
                TestServer server = traced(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint()))) {
            for (String path : List.of("/metrics", "/readyz", "/livez", "/openapi.json")) {
                assertThat(server.get(path).statusCode()).isEqualTo(200);
            }
            assertThat(server.raw("BREW /v1/embeddings HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 405 ");
            assertThat(server.get("/v1/models").statusCode()).isEqualTo(200);
            server.server().close();

            assertThat(receiver.spans()).extracting(Span::name).containsExactlyInAnyOrder("HTTP", "GET /v1/models");
            assertThat(only(receiver, "HTTP").attributes())
                    .contains(entry("http.request.method", "_OTHER"), entry("http.request.method_original", "BREW"));
        }
    }

    /** Sends a request of some seconds' work, and leaves when it is under way. */
    private static void hangUp(TestServer server) throws IOException, InterruptedException {
        String body = "{\"model\":\"%s\",\"query\":\"q\",\"documents\":%s}"
                .formatted(TestServer.MODEL, ManyTexts.json(400, 500));
        String head = "POST /v1/rerank HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length() + "\r\n\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
            Waiting.until(() -> server.metric("tutti_queue_tokens") > 0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        ",,false",
        "OTEL_SERVICE_NAME,x,false",
        "OTEL_TRACES_EXPORTER,none,false",
        "OTEL_TRACES_EXPORTER,otlp,true",
        "OTEL_EXPORTER_OTLP_ENDPOINT,http://127.0.0.1:9,true",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT,http://127.0.0.1:9,false",
    })
    void onlyWhoNamesAnExporterOrAnEndpointIsSentSpans(String variable, String value, boolean on) throws Exception {
        try (Tracing tracing = Tracing.of(variable == null ? Map.of() : Map.of(variable, value))) {
            assertThat(!tracing.equals(Tracing.OFF)).isEqualTo(on);
        }
        assertThat(Tracing.of(Map.of("OTEL_TRACES_EXPORTER", "otlp", "OTEL_SDK_DISABLED", "true"))).isSameAs(Tracing.OFF);
    }

    @ParameterizedTest
    @CsvSource({
        "OTEL_EXPORTER_OTLP_PROTOCOL,grpc,http/protobuf",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,smoke,smoke",
        "OTEL_TRACES_EXPORTER,zipkin2,zipkin2",
        "OTEL_BSP_SCHEDULE_DELAY,soon,soon",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,nowhere,nowhere",
        "OTEL_TRACES_SAMPLER,often,often",
    })
    void whatCannotBeUnderstoodIsSaidAtTheStart(String variable, String value, String said) {
        Map<String, String> environment = variable.equals("OTEL_TRACES_EXPORTER")
                ? Map.of(variable, value)
                : Map.of("OTEL_TRACES_EXPORTER", "otlp", variable, value);
        assertThatThrownBy(() -> Tracing.of(environment))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("OTEL_")
                .hasMessageContaining(said);
    }

    private static Span only(OtlpReceiver receiver, String name) {
        List<Span> named = receiver.spans().stream().filter(span -> span.name().equals(name)).toList();
        assertThat(named).hasSize(1);
        return named.getFirst();
    }

    private static TestServer traced(Map<String, String> environment) {
        return TestServer.start(settings -> settings, environment);
    }
}
