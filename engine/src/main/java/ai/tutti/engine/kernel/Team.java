package ai.tutti.engine.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Workers that compute one tile together: the one that took it, and those that have nothing else to do.
 *
 * <p>The leader runs the pass as if it were alone. Where a step falls into parts that do not touch one another (rows of a
 * product, heads of an attention), it offers them here, takes parts itself like everyone else, and goes on when all have
 * ended. Helpers come and go between parts: they leave as soon as other work waits, and nothing depends on how many there are.
 * Which worker computes a part changes no bit of it.
 *
 * <p><b>Waiting.</b> A step takes some microseconds to some milliseconds, waking a sleeping thread some fifty microseconds. So
 * a helper looks for the next step without sleeping while it is in the team, and lets other threads of the machine go first
 * when a step is long in coming. It is never in a team without a pass under way.
 */
public final class Team {
    /** Looks at the next step before other threads are let through: some ten microseconds. */
    private static final int LOOKS = 300;

    private final AtomicInteger helpers = new AtomicInteger();
    private volatile @Nullable Step step;
    private volatile boolean over;

    /** Part {@code index} of a step. */
    @FunctionalInterface
    interface Part {
        void run(Worker worker, int index);
    }

    /** Parts to be claimed, and how many have ended. */
    private static final class Step {
        private final Part part;
        private final int parts;
        private final AtomicInteger claimed = new AtomicInteger();
        private final AtomicInteger ended = new AtomicInteger();
        private volatile @Nullable Throwable fault;

        Step(Part part, int parts) {
            this.part = part;
            this.parts = parts;
        }

        /** @param leave whether the worker is wanted elsewhere; asked before each part */
        void take(Worker worker, BooleanSupplier leave) {
            while (!leave.getAsBoolean()) {
                int i = claimed.getAndIncrement();
                if (i >= parts) {
                    return;
                }
                try {
                    part.run(worker, i);
                } catch (RuntimeException | Error e) {
                    fault = e;
                } finally {
                    ended.incrementAndGet();
                }
            }
        }
    }

    /** How many helpers there are now. */
    int helpers() {
        return helpers.get();
    }

    /** Runs all parts of a step; called by the leader alone. What a part throws comes out here, when all parts have ended. */
    void run(Worker leader, int parts, Part part) {
        var offered = new Step(part, parts);
        step = offered;
        offered.take(leader, () -> false);
        for (int looks = 0; offered.ended.get() < parts; looks++) {
            rest(looks);
        }
        step = null;
        var fault = offered.fault;
        if (fault instanceof Error error) {
            throw error;
        } else if (fault != null) {
            throw (RuntimeException) fault;
        }
    }

    /**
     * Lends a hand until the pass has ended.
     *
     * @param worker the calling thread's
     * @param leave whether it is wanted elsewhere; asked between parts
     */
    public void help(Worker worker, BooleanSupplier leave) {
        helpers.incrementAndGet();
        try {
            Step done = null;
            for (int looks = 0; !over && !leave.getAsBoolean(); looks++) {
                var offered = step;
                if (offered != null && offered != done) {
                    offered.take(worker, leave);
                    done = offered;
                    looks = 0;
                } else {
                    rest(looks);
                }
            }
        } finally {
            helpers.decrementAndGet();
        }
    }

    /** The pass has ended, and with it the team. */
    public void end() {
        over = true;
    }

    @SuppressWarnings("ThreadPriorityCheck") // nothing relies on it: it only lets others have the core meanwhile
    private static void rest(int looks) {
        if (looks < LOOKS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }
}
