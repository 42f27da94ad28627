package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole answer to {@link ChatCompletionRequest}.
 *
 * @param id the answer's id
 * @param object always {@code chat.completion}
 * @param created seconds since 1970
 * @param model the model that answered
 * @param choices the answers, usually one
 * @param usage what was read and written
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ChatCompletionReply(
        @Nullable String id,
        String object,
        long created,
        @Nullable String model,
        @Required List<Choice> choices,
        @Nullable ChatUsage usage) {
    public ChatCompletionReply {
        choices = List.copyOf(choices);
    }

    /**
     * One answer.
     *
     * @param index its place
     * @param message what the model says
     * @param finishReason why it ended: {@code stop}, {@code eos}, {@code length}, {@code tool_calls}
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Choice(int index, @Required ChatMessage message, @Nullable String finishReason) {
        public Choice {
            requireNonNull(message, "message is null");
        }
    }
}
