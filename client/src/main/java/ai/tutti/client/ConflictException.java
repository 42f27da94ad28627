package ai.tutti.client;

/** Status 409: the request and the state of the service do not go together. */
public final class ConflictException extends ApiStatusException {
    ConflictException(Failure failure) {
        super(failure);
    }
}
