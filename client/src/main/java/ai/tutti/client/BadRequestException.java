package ai.tutti.client;

/** Status 400: a field of the request is wrong; {@link #param} names it. */
public final class BadRequestException extends ApiStatusException {
    BadRequestException(Failure failure) {
        super(failure);
    }
}
