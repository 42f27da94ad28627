package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletableFuture;

/** One text under way: its token ids, and a place for its result. */
public final class Sequence {
    private final TileRunner runner;
    private final int[] ids;
    private final Reservation reservation;
    private final CompletableFuture<float[]> result = new CompletableFuture<>();

    Sequence(TileRunner runner, int[] ids, Reservation reservation) {
        this.runner = requireNonNull(runner, "runner is null");
        this.ids = requireNonNull(ids, "ids is null");
        this.reservation = requireNonNull(reservation, "reservation is null");
    }

    /** Completed by a worker; cancelled when the sequence was dropped. */
    public CompletableFuture<float[]> result() {
        return result;
    }

    /** Drops the sequence if no worker has taken it yet. */
    public void cancel() {
        result.cancel(false);
    }

    TileRunner runner() {
        return runner;
    }

    int[] ids() {
        return ids;
    }

    /** How many tokens it has. */
    public int tokens() {
        return ids.length;
    }

    /** Gives the tokens' room in the queue back; called once, when the sequence leaves it for whatever reason. */
    void leave() {
        reservation.release(ids.length);
    }
}
