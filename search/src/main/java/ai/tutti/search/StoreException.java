package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** A store cannot be opened, read or written. The message is one line for people. */
public final class StoreException extends RuntimeException {
    public StoreException(String message) {
        this(message, null);
    }

    public StoreException(String message, @Nullable Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
    }
}
