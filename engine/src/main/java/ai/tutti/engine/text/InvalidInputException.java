package ai.tutti.engine.text;

import static java.util.Objects.requireNonNull;

/**
 * The caller's own input cannot be served: a text over the limit with {@link Truncation#ERROR}, an unknown prompt, more
 * tokens than one request may have. The message names the field and the limit and may be shown to the caller as it is.
 */
public final class InvalidInputException extends IllegalArgumentException {
    private final String field;

    /**
     * @param field the request's field, in the wire's spelling (for instance {@code input[3]} or {@code dimensions})
     * @param message what is wrong and what would be right
     */
    public InvalidInputException(String field, String message) {
        super(requireNonNull(message, "message is null"));
        this.field = requireNonNull(field, "field is null");
    }

    /** The request's field, in the wire's spelling. */
    public String field() {
        return field;
    }
}
