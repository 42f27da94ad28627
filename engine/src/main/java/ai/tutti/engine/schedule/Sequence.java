package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.Tokens;
import java.util.concurrent.CompletableFuture;

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
