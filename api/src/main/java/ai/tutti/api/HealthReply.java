package ai.tutti.api;

import static java.util.Objects.requireNonNull;

/**
 * The answer of {@code /livez} and {@code /readyz}.
 *
 * @param status {@code alive} or {@code ready}
 */
public record HealthReply(String status) {
    public HealthReply {
        requireNonNull(status, "status is null");
    }
}
