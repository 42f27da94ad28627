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

    /** Shows how many models there are, and what they take. */
    void watch(Shelf shelf) {
        Gauge.builder("tutti.models.memory.bytes", shelf, Shelf::used)
                .description("Native memory that the weights of the models in memory take")
                .register(registry);
        Gauge.builder("tutti.models.memory.budget.bytes", shelf, Shelf::budget)
                .description("What they may take")
                .register(registry);
        for (Slot slot : shelf.slots()) {
            Gauge.builder("tutti.model.loaded", shelf, s -> s.status(slot).state() == ModelState.LOADED ? 1 : 0)
                    .description("Whether a model is in memory")
                    .tag("model", slot.name())
                    .register(registry);
        }
    }

    /** Counts a model that was loaded. */
    void modelLoaded(String model, Duration took) {
        Timer.builder("tutti.model.loads")
                .description("Models loaded, and how long that took")
                .tag("model", model)
                .register(registry)
                .record(took);
    }

    /** Counts a model that could not be loaded. */
    void modelLoadFailed(String model) {
        registry.counter("tutti.model.load.failures", "model", model).increment();
    }

    /** Counts a model that was put away to make room for another. */
    void modelEvicted(String model) {
        registry.counter("tutti.model.evictions", "model", model).increment();
    }

    /** Shows how much room the bodies of requests take. */
    void watchUploads(UploadReader uploads) {
        Gauge.builder("tutti.uploads.bytes", uploads, UploadReader::held)
                .description("Bytes that the bodies of requests under way take")
                .register(registry);
    }

    /** Shows how many chat completions are under way. */
    void watchChat(AtomicInteger underWay) {
        Gauge.builder("tutti.chat.in.flight", underWay, AtomicInteger::get)
                .description("Chat completions that the upstream is answering")
                .register(registry);
    }

    /** Counts a chat completion that the upstream has begun to answer, and how long it took to begin. */
    void chatAnswered(Duration took) {
        Timer.builder("tutti.chat.upstream")
                .description("Answers of the chat upstream, and how long their first byte took")
                .serviceLevelObjectives(BUCKETS)
                .register(registry)
                .record(took);
    }

    /** Counts a chat completion that was not answered or not to its end; the reason is {@code refused} or a code of {@link ChatErrors}. */
    void chatFailed(String reason) {
        registry.counter("tutti.chat.failures", "reason", reason).increment();
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
