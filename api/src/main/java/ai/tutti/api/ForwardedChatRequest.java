package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/chat/completions} as a server sees it that passes it on: what it must have, of whatever content. Everything else
 * is between the client and who answers.
 *
 * @param model the name of a chat model
 * @param messages the conversation so far
 * @param stream whether the answer comes in pieces
 */
public record ForwardedChatRequest(
        @Required String model, @Required List<Map<String, Object>> messages, @Nullable Boolean stream) {
    public ForwardedChatRequest {
        requireNonNull(model, "model is null");
        requireNonNull(messages, "messages is null");
    }
}
