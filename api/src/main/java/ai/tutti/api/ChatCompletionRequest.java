package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/chat/completions}. Null fields are left to the service.
 *
 * @param model the name of a chat model
 * @param messages the conversation so far
 * @param maxTokens the longest answer in tokens
 * @param temperature 0: always the likeliest token; higher: more variety
 * @param topP only the likeliest tokens whose probabilities sum to this
 * @param topK only so many of the likeliest tokens
 * @param stop texts that end the answer
 * @param seed for answers that can be repeated
 * @param stream whether the answer comes in pieces, as server-sent events of {@link ChatCompletionChunk}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ChatCompletionRequest(
        @Required String model,
        @Required List<ChatMessage> messages,
        @Nullable Integer maxTokens,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer topK,
        @Nullable List<String> stop,
        @Nullable Long seed,
        @Nullable Boolean stream) {
    public ChatCompletionRequest {
        requireNonNull(model, "model is null");
        messages = List.copyOf(messages);
        stop = stop == null ? null : List.copyOf(stop);
    }
}
