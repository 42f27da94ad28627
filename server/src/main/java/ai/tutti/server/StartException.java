package ai.tutti.server;

import static java.util.Objects.requireNonNull;

/**
 * The server cannot start: a busy port, a missing folder, an alias to nowhere. The message is one line that says how to mend
 * it.
 */
public final class StartException extends RuntimeException {
    public StartException(String message) {
        super(requireNonNull(message, "message is null"));
    }

    public StartException(String message, Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
    }
}
