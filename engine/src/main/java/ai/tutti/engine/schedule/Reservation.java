package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.Tokens;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A request: its terms, the room that it holds in the queue, and what it waits for. Room is given back token by token as its
 * texts leave the queue; {@link #close} drops the rest. Its state is guarded by the scheduler's lock.
 */
public final class Reservation implements AutoCloseable {
    private final Scheduler scheduler;
    private final TileRunner model;
    private final Terms terms;
    private final Counters.Counter counter;
    private final long number;
    private final Set<Ticket> tickets = new LinkedHashSet<>();
    private final RequestClock clock = new RequestClock();
    private long unsubmitted;
    private long open;
    private boolean over;

    /** @param number no other request has it */
    Reservation(Scheduler scheduler, TileRunner model, Terms terms, Counters.Counter counter, long number, long tokens) {
        this.scheduler = requireNonNull(scheduler, "scheduler is null");
        this.model = requireNonNull(model, "model is null");
        this.terms = requireNonNull(terms, "terms is null");
        this.counter = requireNonNull(counter, "counter is null");
        this.number = number;
        unsubmitted = tokens;
        open = tokens;
    }

    /**
     * Puts a text into the queue.
     *
     * @return never null; where the deadline has passed, it says so when it is waited for
     * @throws IllegalStateException when the scheduler or this is closed, or more tokens come than were reserved
     */
    public Ticket submit(Tokens text) {
        return scheduler.submit(this, new Sequence(new Work(model, text), false));
    }

    /** As the other; it is computed in another way than the model's texts, and alone. */
    public Ticket submitAlone(TileRunner runner, Tokens text) {
        return scheduler.submit(this, new Sequence(new Work(runner, text), true));
    }

    /**
     * Says that texts need not be computed, since their results were in a cache.
     *
     * @param tokens that were reserved for them, of which the room is given back
     */
    public void cached(long texts, long tokens) {
        scheduler.cached(this, texts, tokens);
    }

    /** Where its time went until now. */
    public Timings timings() {
        return scheduler.timings(this);
    }

    /** Drops what has no result yet and gives all room back. Harmless when repeated. */
    @Override
    public void close() {
        scheduler.close(this);
    }

    /** Fails what has no result yet, since the deadline has passed. */
    void expire() {
        scheduler.expire(this);
    }

    void cancel(Ticket ticket) {
        scheduler.cancel(ticket);
    }

    TileRunner model() {
        return model;
    }

    Terms terms() {
        return terms;
    }

    long number() {
        return number;
    }

    /** Of its model and lane. */
    Counters.Counter counter() {
        return counter;
    }

    RequestClock clock() {
        return clock;
    }

    /** Those without a result. */
    Set<Ticket> tickets() {
        return tickets;
    }

    /** Whether nothing more is computed for it. */
    boolean over() {
        return over;
    }

    void end() {
        over = true;
        unsubmitted = 0;
    }

    /** Takes tokens out of those that were reserved and not yet submitted. */
    void spend(long tokens) {
        if (tokens > unsubmitted) {
            throw new IllegalStateException("more tokens than were reserved");
        }
        unsubmitted -= tokens;
    }

    /** The tokens for which it holds room. */
    long open() {
        return open;
    }

    void open(long tokens) {
        open = tokens;
    }
}
