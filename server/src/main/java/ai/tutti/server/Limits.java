package ai.tutti.server;

import ai.tutti.api.TruncateMode;
import ai.tutti.engine.text.Truncation;
import org.jspecify.annotations.Nullable;

/** What a request may ask for. */
final class Limits {
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
