package ai.tutti.client;

import org.jspecify.annotations.Nullable;

/** The service could not be reached, or the connection broke before the reply was whole. */
public sealed class ApiConnectionException extends TuttiException permits ApiTimeoutException {
    ApiConnectionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
