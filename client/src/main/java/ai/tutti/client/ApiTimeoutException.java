package ai.tutti.client;

import org.jspecify.annotations.Nullable;

/** Connecting or the whole reply took too long, or the reply stalled; the message says which limit it was. */
public final class ApiTimeoutException extends ApiConnectionException {
    ApiTimeoutException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
