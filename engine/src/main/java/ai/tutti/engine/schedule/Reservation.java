package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.Tokens;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Room in the queue that a request holds, in tokens. It is given back token by token as sequences leave the queue;
 * {@link #close} gives back the rest, which was never submitted.
 */
public final class Reservation implements AutoCloseable {
    private final Scheduler scheduler;
    private final Terms terms;
    private final AtomicLong unsubmitted;

    Reservation(Scheduler scheduler, Terms terms, long tokens) {
        this.scheduler = requireNonNull(scheduler, "scheduler is null");
        this.terms = requireNonNull(terms, "terms is null");
        unsubmitted = new AtomicLong(tokens);
    }

    /** Puts a text into the queue. */
    public Sequence submit(TileRunner runner, Tokens text) {
        if (unsubmitted.addAndGet(-text.count()) < 0) {
            throw new IllegalStateException("more tokens than were reserved");
        }
        var sequence = new Sequence(runner, text, this);
        try {
            scheduler.enqueue(sequence);
        } catch (RuntimeException | Error e) {
            sequence.leave();
            throw e;
        }
        return sequence;
    }

    Lane lane() {
        return terms.chosenLane();
    }

    @Nullable Deadline deadline() {
        return terms.deadline();
    }

    void release(long tokens) {
        scheduler.release(lane(), tokens);
    }

    /** Gives back what was never submitted; what was submitted gives its own room back when it leaves the queue. */
    @Override
    public void close() {
        long rest = unsubmitted.getAndSet(0);
        if (rest > 0) {
            release(rest);
        }
    }
}
