package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.CacheStatistics;
import ai.tutti.engine.Engine;
import ai.tutti.engine.Statistics;
import ai.tutti.engine.schedule.Lane;
import ai.tutti.engine.schedule.LaneStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the engine counts, by model and lane, and what its cache does. The engine knows nothing of metrics: its statistics are
 * read once before each look at them, so that all numbers of a page are of one moment.
 */
final class EngineMetrics {
    private static final double NANOS = 1e-9;

    private final Engine engine;
    private final MeterRegistry registry;
    private volatile Statistics now;

    EngineMetrics(Engine engine, MeterRegistry registry) {
        this.engine = requireNonNull(engine, "engine is null");
        this.registry = requireNonNull(registry, "registry is null");
        this.now = engine.statistics();
        Gauge.builder("tutti.queue.tokens", engine, e -> e.load().reservedTokens())
                .description("Tokens accepted and not yet computed")
                .register(registry);
        Gauge.builder("tutti.queue.texts", engine, e -> e.load().queuedTexts())
                .description("Texts accepted and not yet computed")
                .register(registry);
        Gauge.builder("tutti.queue.limit.tokens", engine, e -> e.settings().queueTokens())
                .description("How many tokens may wait in each lane")
                .register(registry);
        Gauge.builder("tutti.workers.busy", engine, e -> e.load().busyWorkers())
                .description("Workers that are computing")
                .register(registry);
        Gauge.builder("tutti.workers", engine, e -> e.settings().threads())
                .description("Workers")
                .register(registry);
        Gauge.builder("tutti.workers.memory.bytes", engine, Engine::workingBytes)
                .description("Native memory that workers have to compute in")
                .register(registry);
        cache();
    }

    private void cache() {
        FunctionCounter.builder("tutti.cache.hits", this, metrics -> metrics.now.cache().hits())
                .description("Texts whose result was in the cache")
                .register(registry);
        FunctionCounter.builder("tutti.cache.misses", this, metrics -> metrics.now.cache().misses())
                .description("Texts whose result was not in the cache")
                .register(registry);
        gauge("tutti.cache.results", CacheStatistics::entries, "Results that the cache holds");
        gauge("tutti.cache.bytes", CacheStatistics::bytes, "Memory that the cache takes");
        gauge("tutti.cache.limit.bytes", CacheStatistics::limit, "Memory that the cache may take; 0: there is none");
    }

    private void gauge(String name, ToDoubleFunction<CacheStatistics> value, String description) {
        Gauge.builder(name, this, metrics -> value.applyAsDouble(metrics.now.cache()))
                .description(description)
                .register(registry);
    }

    /** Shows what is counted of a model. */
    void watch(String model) {
        for (Lane lane : Lane.values()) {
            counter("tutti.computed.texts", null, model, lane, LaneStatistics::texts, "Texts computed");
            counter("tutti.computed.tokens", null, model, lane, LaneStatistics::tokens, "Tokens computed");
            counter("tutti.tiles", null, model, lane, LaneStatistics::tiles, "Tiles computed: passes over some texts at a time");
            counter("tutti.tiles.room.tokens", null, model, lane, LaneStatistics::tileRoom,
                    "Tokens that those tiles could have held");
            counter("tutti.queue.wait", "seconds", model, lane, of -> of.queueNanos() * NANOS,
                    "Time that texts waited for a worker, over all texts");
            counter("tutti.compute", "seconds", model, lane, of -> of.computeNanos() * NANOS,
                    "Time that workers computed, over all workers");
            counter("tutti.shared.texts", null, model, lane, LaneStatistics::shared,
                    "Texts not computed since an equal one was being computed");
            counter("tutti.cached.texts", null, model, lane, LaneStatistics::cached,
                    "Texts not computed since their result was in the cache");
            counter("tutti.refused.requests", null, model, lane, LaneStatistics::refused,
                    "Requests that the queue had no room for (429)");
            counter("tutti.given.up.texts", null, model, lane, LaneStatistics::givenUp,
                    "Texts dropped since their client hung up");
            counter("tutti.late.texts", null, model, lane, LaneStatistics::pastDeadline,
                    "Texts dropped since their request's time was over");
        }
    }

    private void counter(
            String name,
            @Nullable String unit,
            String model,
            Lane lane,
            ToDoubleFunction<LaneStatistics> value,
            String description) {
        FunctionCounter.builder(name, this, metrics -> value.applyAsDouble(metrics.of(model, lane)))
                .description(description)
                .baseUnit(unit)
                .tags(Tags.of("model", model, "lane", Metrics.name(lane)))
                .register(registry);
    }

    private LaneStatistics of(String model, Lane lane) {
        return now.lanes().stream()
                .filter(statistics -> statistics.lane() == lane && statistics.model().equals(model))
                .findFirst()
                .orElseGet(() -> new LaneStatistics(model, lane, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    /** Looks again at what the engine has counted. */
    void refresh() {
        now = engine.statistics();
    }
}
