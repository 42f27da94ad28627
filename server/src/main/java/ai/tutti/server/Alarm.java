package ai.tutti.server;

import ai.tutti.engine.schedule.Deadline;
import ai.tutti.engine.schedule.DeadlineExceededException;
import io.vertx.core.Vertx;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts its thread at a deadline: for work that knows of none, such as tokenising, and for waiting until a model is loaded.
 * What the engine computes minds deadlines by itself.
 */
final class Alarm implements AutoCloseable {
    private final Vertx vertx;
    private final Thread thread = Thread.currentThread();
    private final BooleanSupplier gone;
    private final long timer;
    private boolean rang;
    private boolean off;

    private Alarm(Vertx vertx, Deadline deadline, BooleanSupplier gone) {
        this.vertx = vertx;
        this.gone = gone;
        this.timer = vertx.setTimer(millisTo(deadline), id -> ring());
    }

    /** Some work that may be interrupted. */
    interface Work<T> {
        T run() throws InterruptedException;
    }

    /**
     * Does something within a deadline; work that ends in spite of it counts.
     *
     * @param deadline null: none
     * @param gone whether the thread has been interrupted, or is about to be, since nobody waits for the work any more
     * @throws DeadlineExceededException when it passed before or meanwhile
     * @throws InterruptedException when the thread was interrupted for another reason
     */
    static <T> T within(Vertx vertx, @Nullable Deadline deadline, BooleanSupplier gone, Work<T> work)
            throws InterruptedException {
        if (deadline == null) {
            return work.run();
        }
        TimeLimit.require(deadline);
        Alarm alarm = new Alarm(vertx, deadline, gone);
        try (alarm) {
            return work.run();
        } catch (InterruptedException e) {
            if (alarm.hasRung()) {
                throw new DeadlineExceededException(deadline.allowed());
            }
            throw e;
        }
    }

    /** How long a timer is to run that ends when a deadline has passed. */
    static long millisTo(Deadline deadline) {
        return Math.max(0, deadline.remainingNanos()) / 1_000_000 + 1;
    }

    private synchronized void ring() {
        if (!off) {
            rang = true;
            thread.interrupt();
        }
    }

    private synchronized boolean hasRung() {
        return rang;
    }

    /** The thread is not interrupted any more; if it was and has not noticed, it has not been, unless it was for another reason, too. */
    @Override
    public void close() {
        vertx.cancelTimer(timer);
        synchronized (this) {
            off = true;
            if (rang) {
                var _ = Thread.interrupted();
            }
        }
        if (hasRung() && gone.getAsBoolean()) {
            thread.interrupt();
        }
    }
}
