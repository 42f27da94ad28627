package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

final class HealthTest {
    private final TestServer server = TestServer.shared();

    @Test
    void itLivesAndIsReady() {
        assertThat(TestServer.json(server.get("/livez")).path("status").asString()).isEqualTo("alive");
        HttpResponse<byte[]> ready = server.get("/readyz");
        assertThat(ready.statusCode()).isEqualTo(200);
        assertThat(TestServer.json(ready).path("status").asString()).isEqualTo("ready");
    }

    @Test
    void theMetricsCountRequestsTokensAndWhatWasCut() {
        String route = "tutti_requests_seconds_count{route=\"/embeddings\",status=\"200\"}";
        String tokens = "tutti_tokens_total{model=\"" + TestServer.MODEL + "\"}";
        String cut = "tutti_truncated_tokens_total{model=\"" + TestServer.MODEL + "\"}";
        String body = "{\"model\":\"%s\",\"input\":\"%s\"}".formatted(TestServer.MODEL, "tide ".repeat(600));
        server.post("/v1/embeddings", body);
        double[] before = {server.metric(route), server.metric(tokens), server.metric(cut)};
        server.post("/v1/embeddings", body);
        assertThat(server.metric(route) - before[0]).isEqualTo(1);
        assertThat(server.metric(tokens) - before[1]).isEqualTo(512);
        assertThat(server.metric(cut) - before[2]).isEqualTo(90);

        server.get("/nowhere/at/all");
        String all = new String(server.get("/metrics").body(), UTF_8);
        assertThat(all).contains("tutti_requests_in_flight 1", "tutti_queue_tokens 0", "tutti_workers ", "route=\"unknown\"");
        assertThat(all).contains("tutti_requests_seconds_bucket").doesNotContain("nowhere");
    }
}
