package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Together's and OpenAI's envelope of an error.
 *
 * @param id the request's id
 * @param error what went wrong
 */
public record ErrorReply(@Nullable String id, @Required Detail error) {
    public ErrorReply {
        requireNonNull(error, "error is null");
    }

    /**
     * What went wrong.
     *
     * @param message for people; names the field and the limit
     * @param type the kind of error, for instance {@code invalid_request_error}
     * @param param the field of the request, such as {@code input[3]}, or null
     * @param code for programs, for instance {@code model_not_found}, or null; never a number
     */
    public record Detail(@Required String message, @Required String type, @Nullable String param, @Nullable String code) {
        public Detail {
            requireNonNull(message, "message is null");
            requireNonNull(type, "type is null");
        }
    }
}
