package ai.tutti.cli.rows;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** A file of rows cannot be used; the message is one line that names the file, the line and what to do. */
public final class RowException extends RuntimeException {
    RowException(String message) {
        this(message, null);
    }

    RowException(String message, @Nullable Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
    }
}
