package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * When an answer is worth nothing any more.
 *
 * @param allowed how long the request was given, for people
 * @param nanoTime the moment, as {@link System#nanoTime()} counts
 */
public record Deadline(Duration allowed, long nanoTime) {
    /** Nobody waits longer than this; more would run over what nanoseconds can hold. */
    private static final Duration LONGEST = Duration.ofDays(365);

    public Deadline {
        requireNonNull(allowed, "allowed is null");
    }

    /** So long from now; at once when it is not positive. */
    public static Deadline after(Duration allowed) {
        var kept = allowed.compareTo(LONGEST) > 0 ? LONGEST : allowed.isNegative() ? Duration.ZERO : allowed;
        return new Deadline(kept, System.nanoTime() + kept.toNanos());
    }

    /** Nanoseconds that are left; none or fewer when it has passed. */
    public long remainingNanos() {
        return nanoTime - System.nanoTime();
    }

    /** Whether it is over. */
    public boolean passed() {
        return remainingNanos() <= 0;
    }
}
