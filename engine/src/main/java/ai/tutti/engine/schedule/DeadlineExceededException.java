package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/** A request's deadline passed before all of it was computed; what was left of it has been dropped. */
public final class DeadlineExceededException extends RuntimeException {
    private final Duration allowed;

    /** @param allowed how long the request was given */
    public DeadlineExceededException(Duration allowed) {
        super("The deadline has passed: the request was given %,d ms.".formatted(allowed.toMillis()));
        this.allowed = requireNonNull(allowed, "allowed is null");
    }

    /** How long the request was given. */
    public Duration allowed() {
        return allowed;
    }
}
