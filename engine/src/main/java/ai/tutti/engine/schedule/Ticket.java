package ai.tutti.engine.schedule;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One request's claim on the result of a text. */
public final class Ticket {
    private final Reservation reservation;
    private final Sequence sequence;
    private final CompletableFuture<float[]> result = new CompletableFuture<>();
    private final long submitted;
    private float @Nullable [] value;
    private @Nullable Throwable fault;

    /** @param submitted when, in nanoseconds */
    Ticket(Reservation reservation, Sequence sequence, long submitted) {
        this.reservation = reservation;
        this.sequence = sequence;
        this.submitted = submitted;
    }

    /**
     * Waits for the result; what a worker threw comes out as it was.
     *
     * @return for the caller to keep: nobody else has it
     * @throws DeadlineExceededException when the request's deadline passes before
     * @throws IllegalStateException when it was dropped
     */
    public float[] await() throws InterruptedException {
        try {
            var deadline = reservation.terms().deadline();
            if (deadline == null) {
                return result.get();
            }
            try {
                return await(deadline.remainingNanos());
            } catch (TimeoutException e) {
                reservation.expire();
                return result.get();
            }
        } catch (ExecutionException e) {
            throw fault(e);
        } catch (CancellationException e) {
            throw dropped(e);
        }
    }

    /**
     * As the other, but not for long.
     *
     * @throws TimeoutException when no result came in time; it may still come
     */
    public float[] await(long nanos) throws InterruptedException, TimeoutException {
        try {
            return result.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw fault(e);
        } catch (CancellationException e) {
            throw dropped(e);
        }
    }

    private static RuntimeException fault(ExecutionException e) {
        return e.getCause() instanceof RuntimeException fault ? fault : new IllegalStateException(e.getCause());
    }

    private static IllegalStateException dropped(CancellationException e) {
        return new IllegalStateException("the text was dropped", e);
    }

    /** Drops the claim, and the text where no other has one; a worker that computes nothing else leaves it at the next layer. */
    public void cancel() {
        reservation.cancel(this);
    }

    /** How many tokens it has. */
    public int tokens() {
        return sequence.tokens();
    }

    Reservation reservation() {
        return reservation;
    }

    Sequence sequence() {
        return sequence;
    }

    Lane lane() {
        return reservation.terms().chosenLane();
    }

    String caller() {
        return reservation.terms().caller();
    }

    long submitted() {
        return submitted;
    }

    /** Says how it ended: with a result or a fault. Nobody hears of it before {@link #publish}. */
    Ticket settled(float @Nullable [] result, @Nullable Throwable fault) {
        value = result;
        this.fault = fault;
        return this;
    }

    void publish() {
        if (fault == null) {
            result.complete(value);
        } else {
            result.completeExceptionally(fault);
        }
    }
}
