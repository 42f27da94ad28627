package ai.tutti.server;

import ai.tutti.engine.Engine;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What {@code /metrics} tells: requests, latencies, tokens, the engine's queue. Label values come from us, never from
 * callers.
 */
final class Metrics implements AutoCloseable {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        Duration.ofMinutes(2),
        Duration.ofMinutes(10),
    };

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AtomicInteger inFlight = new AtomicInteger();

    Metrics(Engine engine) {
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        Gauge.builder("tutti.requests.in.flight", inFlight, AtomicInteger::get)
                .description("Requests that have begun and not ended")
                .register(registry);
        Gauge.builder("tutti.queue.tokens", engine, e -> e.load().reservedTokens())
                .description("Tokens accepted and not yet computed")
                .register(registry);
        Gauge.builder("tutti.queue.texts", engine, e -> e.load().queuedTexts())
                .description("Texts accepted and not yet computed")
                .register(registry);
        Gauge.builder("tutti.queue.limit.tokens", engine, e -> e.settings().queueTokens())
                .description("How many tokens may wait")
                .register(registry);
        Gauge.builder("tutti.workers.busy", engine, e -> e.load().busyWorkers())
                .description("Workers that are computing")
                .register(registry);
        Gauge.builder("tutti.workers", engine, e -> e.settings().threads())
                .description("Workers")
                .register(registry);
    }

    void requestBegan() {
        inFlight.incrementAndGet();
    }

    /**
     * Counts a request that has ended.
     *
     * @param status the reply's; 499 when the client hung up before the end
     */
    void requestEnded(String route, int status, Duration took) {
        inFlight.decrementAndGet();
        Timer.builder("tutti.requests")
                .description("Requests by route and status, and how long they took")
                .tag("route", route)
                .tag("status", Integer.toString(status))
                .serviceLevelObjectives(BUCKETS)
                .register(registry)
                .record(took);
    }

    /** Counts what a model has computed. */
    void computed(String model, long tokens, long truncatedTokens) {
        registry.counter("tutti.tokens", "model", model).increment((double) tokens);
        registry.counter("tutti.truncated.tokens", "model", model).increment((double) truncatedTokens);
    }

    /** All of it in Prometheus' text format. */
    String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        registry.close();
    }
}
