package ai.tutti.api;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.exc.MismatchedInputException;

/** A value of a wrong type, thrown by our own deserializers, which know in words what they expect. */
final class UnexpectedValueException extends MismatchedInputException {
    private final transient String expected;
    private final transient @Nullable String found;

    UnexpectedValueException(JsonParser parser, String expected) {
        this(parser, expected, null);
    }

    /**
     * A value that the parser has gone into already.
     *
     * @param found what it is; null: what the parser stands on
     */
    UnexpectedValueException(JsonParser parser, String expected, @Nullable String found) {
        super(parser, "must be " + expected);
        this.expected = expected;
        this.found = found;
    }

    /** The same for element {@code index} of the array that is being read. */
    static UnexpectedValueException element(JsonParser parser, String expected, Object owner, int index) {
        UnexpectedValueException exception = new UnexpectedValueException(parser, expected);
        exception.prependPath(owner, index);
        return exception;
    }

    String expected() {
        return expected;
    }

    @Nullable String found() {
        return found;
    }
}
