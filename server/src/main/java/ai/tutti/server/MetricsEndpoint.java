package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;

/** {@code GET /metrics}, for Prometheus. */
record MetricsEndpoint(Metrics metrics) implements Endpoint {
    @Override
    public void answer(Call call) {
        call.reply("text/plain; version=0.0.4; charset=utf-8", metrics.scrape().getBytes(UTF_8));
    }
}
