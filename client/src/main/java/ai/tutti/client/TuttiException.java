package ai.tutti.client;

import org.jspecify.annotations.Nullable;

/** Whatever went wrong with a request. What is wrong with its arguments is an {@link IllegalArgumentException} instead. */
public abstract sealed class TuttiException extends RuntimeException
        permits ApiConnectionException, ApiInterruptedException, ApiStatusException, UnexpectedReplyException {
    TuttiException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
