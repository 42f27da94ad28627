package ai.tutti.cli;

import static java.util.Objects.requireNonNull;

/** Something the user gave cannot be used; the message is one line that says what, and how to mend it. */
final class UsageException extends RuntimeException {
    UsageException(String message) {
        super(requireNonNull(message, "message is null"));
    }

    UsageException(String message, Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
    }
}
