package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * One turn of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant} or {@code tool}
 * @param content what is said; null where a model only calls tools
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ChatMessage(@Required String role, @Nullable String content) {
    public ChatMessage {
        requireNonNull(role, "role is null");
    }

    /** What the model is told before the conversation. */
    public static ChatMessage system(String content) {
        return new ChatMessage("system", requireNonNull(content, "content is null"));
    }

    /** What the person says. */
    public static ChatMessage user(String content) {
        return new ChatMessage("user", requireNonNull(content, "content is null"));
    }

    /** What the model said earlier. */
    public static ChatMessage assistant(String content) {
        return new ChatMessage("assistant", requireNonNull(content, "content is null"));
    }
}
