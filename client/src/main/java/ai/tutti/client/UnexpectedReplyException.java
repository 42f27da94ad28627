package ai.tutti.client;

import org.jspecify.annotations.Nullable;

/** The service said that all is well, and then its reply was not one; perhaps the base URL leads to something else. */
public final class UnexpectedReplyException extends TuttiException {
    UnexpectedReplyException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    UnexpectedReplyException(String message) {
        this(message, null);
    }
}
