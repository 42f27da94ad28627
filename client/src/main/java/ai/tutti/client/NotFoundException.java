package ai.tutti.client;

/** Status 404: the service has no such model, or no such path. */
public final class NotFoundException extends ApiStatusException {
    NotFoundException(Failure failure) {
        super(failure);
    }
}
