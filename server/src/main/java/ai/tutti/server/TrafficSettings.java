package ai.tutti.server;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How requests are let through to the models.
 *
 * @param timeout after how long a request is given up that says nothing of it; null: never
 * @param cacheBytes Java heap for results of texts that were computed before; 0: none are kept
 * @param trustForwarded whether a caller without a key is known by the last address in {@code x-forwarded-for}, which is true
 *     behind a proxy and the callers' own invention without one
 */
public record TrafficSettings(@Nullable Duration timeout, long cacheBytes, boolean trustForwarded) {
    /** No request is given up while its client waits, and no result is kept. */
    public static final TrafficSettings DEFAULT = new TrafficSettings(null, 0, false);

    public TrafficSettings {
        if (timeout != null && (timeout.toMillis() < 1 || timeout.compareTo(TimeLimit.LONGEST) > 0)) {
            throw new IllegalArgumentException("timeout must be 1 ms to a day, not " + timeout);
        }
        if (cacheBytes < 0) {
            throw new IllegalArgumentException("cacheBytes must be at least 0, not " + cacheBytes);
        }
    }
}
