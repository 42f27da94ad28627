package ai.tutti.client;

/** Status 429: too many requests at a time, or a full queue. */
public final class RateLimitException extends ApiStatusException {
    RateLimitException(Failure failure) {
        super(failure);
    }
}
