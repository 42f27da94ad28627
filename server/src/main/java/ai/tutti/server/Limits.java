package ai.tutti.server;

import ai.tutti.api.TruncateMode;
import ai.tutti.engine.schedule.Lane;
import ai.tutti.engine.text.Truncation;
import org.jspecify.annotations.Nullable;

/** What a request may ask for. */
final class Limits {
    private static final String PRIORITY = "x-tutti-priority";

    private Limits() {}

    /** Together's default is to cut off the end. */
    static Truncation truncation(@Nullable TruncateMode mode) {
        return switch (mode) {
            case null -> Truncation.END;
            case END -> Truncation.END;
            case START -> Truncation.START;
            case ERROR -> Truncation.ERROR;
        };
    }

    /**
     * The header {@code x-tutti-priority}, which says whether somebody waits for the answer.
     *
     * @return null when the request does not say it
     * @throws ApiException 400 for another value than {@code interactive} or {@code bulk}
     */
    static @Nullable Lane lane(Call call) {
        String said = call.header(PRIORITY);
        return switch (said) {
            case null -> null;
            case "interactive" -> Lane.INTERACTIVE;
            case "bulk" -> Lane.BULK;
            default ->
                throw Errors.invalid(
                        PRIORITY, "the header %s is interactive or bulk, not \"%s\"".formatted(PRIORITY, said));
        };
    }

    /**
     * Checks the length of all texts together.
     *
     * @throws ApiException 400, naming the limit
     */
    static void requireTokens(long tokens, long limit) {
        if (tokens > limit) {
            throw Errors.invalid(
                    "input",
                    "`input` has %d tokens or more; at most %d may be sent in one request".formatted(tokens, limit));
        }
    }
}
