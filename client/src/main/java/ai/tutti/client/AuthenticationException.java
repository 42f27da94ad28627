package ai.tutti.client;

/** Status 401: no key, or a wrong one. */
public final class AuthenticationException extends ApiStatusException {
    AuthenticationException(Failure failure) {
        super(failure);
    }
}
