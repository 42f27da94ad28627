package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.schedule.Timings;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request has been through and when, for its {@code server-timing} header and its spans. The request's own thread writes
 * it, the event loop reads it at the end, which may come before that thread's own. Moments are those of {@link System#nanoTime}.
 */
final class Timeline {
    private static final String KEY = "tutti.timeline";

    private final Instant arrival = Instant.now();
    private final long began = System.nanoTime();
    private final Map<Stage, Interval> stages = new EnumMap<>(Stage.class);
    private @Nullable Work work;
    private @Nullable Timings timings;

    /** A stage's beginning and end. */
    record Interval(long from, long to) {
        Interval {
            to = Math.max(from, to);
        }

        /** What of it was before a moment; nothing, at that moment, if it began later. */
        Interval until(long end) {
            return new Interval(Math.min(from, end), Math.min(to, end));
        }

        double millis() {
            return (to - from) / 1e6;
        }
    }

    /** The timeline of a request that has just arrived. */
    static Timeline begin(RoutingContext context) {
        Timeline timeline = new Timeline();
        context.put(KEY, timeline);
        return timeline;
    }

    /** The timeline of a request. */
    static Timeline of(RoutingContext context) {
        return requireNonNull(context.get(KEY), "the request has not begun");
    }

    private Timeline() {}

    /** When its headers were read. */
    long began() {
        return began;
    }

    /** A moment by the clock of the wall. */
    Instant at(long nanoTime) {
        return arrival.plusNanos(nanoTime - began);
    }

    /** Remembers what the request is about. */
    synchronized void is(Work that) {
        work = requireNonNull(that, "work is null");
    }

    /** What the request is about; null as long as that is not known. */
    synchronized @Nullable Work work() {
        return work;
    }

    /** Remembers a stage that goes on until the request ends, unless it is remembered with its end. */
    void begin(Stage stage) {
        add(stage, System.nanoTime(), Long.MAX_VALUE);
    }

    /** Remembers a stage. */
    synchronized void add(Stage stage, long from, long to) {
        stages.put(requireNonNull(stage, "stage is null"), new Interval(from, to));
    }

    /**
     * Remembers where the time of work went that has ended, or was given up.
     *
     * @param submitted when it was in the queue at the latest
     */
    synchronized void computed(long submitted, Timings timings) {
        long queued = timings.queued().toNanos();
        long computing = timings.computing().toNanos();
        long begun = Math.min(submitted, System.nanoTime() - computing - queued);
        Interval tokenised = stages.get(Stage.TOKENISE);
        if (tokenised != null) {
            stages.put(Stage.TOKENISE, tokenised.until(begun));
        }
        add(Stage.QUEUE, begun, begun + queued);
        add(Stage.COMPUTE, begun + queued, begun + queued + computing);
        this.timings = timings;
    }

    /** Remembers how long work under way has waited. */
    void queued(long submitted, Timings timings) {
        add(Stage.QUEUE, submitted, submitted + timings.queued().toNanos());
    }

    /** Where the time of the request's work went; null as long as that is not known. */
    synchronized @Nullable Timings timings() {
        return timings;
    }

    /** When a stage was; null if the request never came to it. */
    synchronized @Nullable Interval of(Stage stage) {
        return stages.get(stage);
    }

    /** The stages so far, as the header {@code server-timing} spells them: names, and milliseconds. */
    synchronized String serverTiming() {
        StringBuilder text = new StringBuilder();
        stages.forEach((stage, interval) -> text.append(metric(stage.wireName(), interval)).append(", "));
        return text.append(metric("total", new Interval(began, System.nanoTime()))).toString();
    }

    private static String metric(String name, Interval interval) {
        return String.format(Locale.ROOT, "%s;dur=%.3f", name, interval.millis());
    }
}
