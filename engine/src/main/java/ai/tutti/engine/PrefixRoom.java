package ai.tutti.engine;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory the prefixes of all requests under way may take, whatever model they are of. A request that finds no room
 * computes its texts whole, and gets the same bits.
 */
final class PrefixRoom {
    private final long most;
    private final AtomicLong taken = new AtomicLong();

    /** @param most bytes */
    PrefixRoom(long most) {
        this.most = most;
    }

    /** Takes room; false when there is not so much. */
    boolean take(long bytes) {
        if (taken.addAndGet(bytes) <= most) {
            return true;
        }
        giveBack(bytes);
        return false;
    }

    void giveBack(long bytes) {
        taken.addAndGet(-bytes);
    }

    /** Bytes that are taken. */
    long taken() {
        return taken.get();
    }
}
