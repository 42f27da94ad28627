package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/** More tokens are waiting than the queue may hold; nothing of the refused request was computed. */
public final class QueueFullException extends RuntimeException {
    private final Duration retryAfter;

    /**
     * @param message what is full and how large it is
     * @param retryAfter how long the queue needs, at the speed seen lately, until the request would fit
     */
    public QueueFullException(String message, Duration retryAfter) {
        super(requireNonNull(message, "message is null"));
        this.retryAfter = requireNonNull(retryAfter, "retryAfter is null");
    }

    /** How long the queue needs, at the speed seen lately, until the request would fit. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
