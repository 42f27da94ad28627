package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelLoadException;
import java.util.Objects;

/**
 * Why a model could not be loaded.
 *
 * @param message one line
 * @param cause what was thrown
 * @param nanoTime when
 */
record LoadFault(String message, Throwable cause, long nanoTime) {
    LoadFault {
        requireNonNull(message, "message is null");
        requireNonNull(cause, "cause is null");
    }

    static LoadFault of(Throwable cause) {
        String message = isExpected(cause)
                ? Objects.requireNonNullElse(cause.getMessage(), "its folder cannot be served")
                : cause instanceof OutOfMemoryError
                        ? "there is not enough memory"
                        : "an error of the server; its log has more";
        return new LoadFault(message, cause, System.nanoTime());
    }

    /** Whether the folder is to blame, and not us. */
    boolean isExpected() {
        return isExpected(cause);
    }

    private static boolean isExpected(Throwable cause) {
        return cause instanceof ModelLoadException;
    }
}
