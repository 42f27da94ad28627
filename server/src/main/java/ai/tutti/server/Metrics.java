package ai.tutti.server;

import ai.tutti.engine.Engine;
import ai.tutti.engine.schedule.Lane;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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

    private static final String LOAD_FAILURES = "tutti.model.load.failures";
    private static final String EVICTIONS = "tutti.model.evictions";

    /** Linux's own account of a process. */
    private static final Path STATUS = Path.of("/proc/self/status");

    private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AtomicInteger inFlight = new AtomicInteger();
    private final EngineMetrics engineMetrics;

    Metrics(Engine engine) {
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        Gauge.builder("tutti.requests.in.flight", inFlight, AtomicInteger::get)
                .description("Requests that have begun and not ended")
                .register(registry);
        this.engineMetrics = new EngineMetrics(engine, registry);
        if (Files.isReadable(STATUS)) {
            Gauge.builder("process.resident.memory", STATUS, Metrics::residentBytes)
                    .baseUnit("bytes")
                    .description("Memory of the process that is in use: heap, weights and all else")
                    .register(registry);
        }
    }

    void requestBegan() {
        inFlight.incrementAndGet();
    }

    /**
     * Counts a request that has ended.
     *
     * @param route the path that it was found under, without what stands before it; null: none
     */
    void requestEnded(@Nullable String route, Exchange exchange) {
        inFlight.decrementAndGet();
        Timeline timeline = exchange.timeline();
        Duration took = Duration.ofNanos(exchange.ended() - timeline.began());
        Timer.builder("tutti.requests")
                .description("Requests by route and status, and how long they took")
                .tag("route", route == null ? "unknown" : route)
                .tag("status", Integer.toString(exchange.status()))
                .serviceLevelObjectives(BUCKETS)
                .register(registry)
                .record(took);
        Work work = timeline.work();
        if (work != null) {
            worked(work, timeline, exchange.ended());
            if (exchange.status() < 300) {
                answered(work, took);
            }
        }
    }

    private void answered(Work work, Duration took) {
        Timer.builder("tutti.model.requests")
                .description("Requests that a model has answered, and how long they took")
                .tag("model", work.model())
                .tag("lane", name(work.lane()))
                .tag("operation", work.operation())
                .serviceLevelObjectives(BUCKETS)
                .register(registry)
                .record(took);
        registry.counter("tutti.tokens", "model", work.model()).increment((double) work.tokens());
        registry.counter("tutti.truncated.tokens", "model", work.model()).increment((double) work.truncatedTokens());
    }

    private void worked(Work work, Timeline timeline, long ended) {
        for (Stage stage : Stage.values()) {
            Timeline.Interval interval = timeline.of(stage);
            if (interval != null) {
                Timeline.Interval spent = interval.until(ended);
                Timer.builder("tutti.stage")
                        .description("Time that requests spent in a stage")
                        .tag("stage", stage.wireName())
                        .tag("model", work.model())
                        .tag("lane", name(work.lane()))
                        .register(registry)
                        .record(spent.to() - spent.from(), TimeUnit.NANOSECONDS);
            }
        }
    }

    /** A lane, as labels, headers and spans spell it. */
    static String name(Lane lane) {
        return lane.name().toLowerCase(Locale.ROOT);
    }

    private static double residentBytes(Path status) {
        try {
            Matcher resident = RESIDENT.matcher(Files.readString(status));
            return resident.find() ? Long.parseLong(resident.group(1)) * 1024.0 : Double.NaN;
        } catch (IOException e) {
            return Double.NaN;
        }
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
            String model = slot.name();
            engineMetrics.watch(model);
            for (String counter : List.of("tutti.tokens", "tutti.truncated.tokens", LOAD_FAILURES, EVICTIONS)) {
                var _ = registry.counter(counter, "model", model);
            }
            Gauge.builder("tutti.model.weights.bytes", shelf, s -> weightBytes(s.status(slot)))
                    .description("Native memory that a model's weights take")
                    .tag("model", model)
                    .register(registry);
            Gauge.builder("tutti.model.loaded", shelf, s -> s.status(slot).state() == ModelState.LOADED ? 1 : 0)
                    .description("Whether a model is in memory")
                    .tag("model", slot.name())
                    .register(registry);
        }
    }

    private static double weightBytes(ModelStatus model) {
        return model.state() == ModelState.LOADED ? model.weightBytes() : 0;
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
        registry.counter(LOAD_FAILURES, "model", model).increment();
    }

    /** Counts a model that was put away to make room for another. */
    void modelEvicted(String model) {
        registry.counter(EVICTIONS, "model", model).increment();
    }

    /** Shows how much room the bodies of requests take. */
    void watchUploads(UploadReader uploads) {
        Gauge.builder("tutti.uploads.bytes", uploads, UploadReader::held)
                .description("Bytes that the bodies of requests under way take, and about what the objects made of large ones do")
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
        engineMetrics.refresh();
        return registry.scrape();
    }

    @Override
    public void close() {
        registry.close();
    }
}
