package ai.tutti.client;

/** Status 403: the key may not do this. */
public final class PermissionDeniedException extends ApiStatusException {
    PermissionDeniedException(Failure failure) {
        super(failure);
    }
}
