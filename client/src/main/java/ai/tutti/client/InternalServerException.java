package ai.tutti.client;

/** Status 500 or more: the service failed, is overloaded or not ready. */
public final class InternalServerException extends ApiStatusException {
    InternalServerException(Failure failure) {
        super(failure);
    }
}
