package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** JSON that is malformed or does not have the shape asked for. The message may be shown to who sent it. */
public final class InvalidJsonException extends IllegalArgumentException {
    private final @Nullable String field;

    InvalidJsonException(@Nullable String field, String message, @Nullable Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
        this.field = field;
    }

    /** The path of the field at fault, such as {@code input[3]}; null when it is the JSON as a whole. */
    public @Nullable String field() {
        return field;
    }
}
