package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.Tokens;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One text under way: its token ids, and a place for its result. */
public final class Sequence {
    private final TileRunner runner;
    private final Tokens text;
    private final Reservation reservation;
    private final CompletableFuture<float[]> result = new CompletableFuture<>();

    Sequence(TileRunner runner, Tokens text, Reservation reservation) {
        this.runner = requireNonNull(runner, "runner is null");
        this.text = requireNonNull(text, "text is null");
        this.reservation = requireNonNull(reservation, "reservation is null");
    }

    /** Completed by a worker; cancelled when the sequence was dropped. */
    public CompletableFuture<float[]> result() {
        return result;
    }

    /** Drops the sequence; a worker that computes nothing else leaves it at the next layer. */
    public void cancel() {
        result.cancel(false);
    }

    /** Leaves the queue without a result, since its pass was given up. */
    void giveUp() {
        leave();
        cancel();
    }

    /** When nobody waits for it any more; null: never. */
    @Nullable Deadline deadline() {
        return reservation.deadline();
    }

    /** Whether nobody waits for it: it was dropped, or its deadline has passed. */
    boolean unwanted() {
        return result.isDone() || expire();
    }

    /** Fails it where its deadline has passed. */
    private boolean expire() {
        var deadline = deadline();
        if (deadline == null || !deadline.passed()) {
            return false;
        }
        result.completeExceptionally(new DeadlineExceededException(deadline.allowed()));
        return true;
    }

    TileRunner runner() {
        return runner;
    }

    Lane lane() {
        return reservation.lane();
    }

    Tokens text() {
        return text;
    }

    /** How many tokens it has. */
    public int tokens() {
        return text.count();
    }

    /** Gives the tokens' room in the queue back; called once, when the sequence leaves it for whatever reason. */
    void leave() {
        reservation.release(text.count());
    }
}
