package ai.tutti.client;

/** Status 422: the request is well formed and means nothing. */
public final class UnprocessableEntityException extends ApiStatusException {
    UnprocessableEntityException(Failure failure) {
        super(failure);
    }
}
