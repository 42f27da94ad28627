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
     * Checks a request's length.
     *
     * @throws ApiException 400, naming the limit
     */
    static void requireTokens(String field, long tokens, long limit) {
        if (tokens > limit) {
            throw Errors.invalid(
                    field,
                    "`%s` has more tokens than the %d that one request may have; send it in several requests"
                            .formatted(field, limit));
        }
    }
}
