package ai.tutti.api;

import tools.jackson.core.JsonParser;
import tools.jackson.databind.exc.MismatchedInputException;

/** A value of a wrong type, thrown by our own deserializers, which know in words what they expect. */
final class UnexpectedValueException extends MismatchedInputException {
    private final transient String expected;

    UnexpectedValueException(JsonParser parser, String expected) {
        super(parser, "must be " + expected);
        this.expected = expected;
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
}
