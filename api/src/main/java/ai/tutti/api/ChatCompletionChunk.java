package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of an answer that is streamed.
 *
 * @param id the answer's id, the same in all its pieces
 * @param object always {@code chat.completion.chunk}
 * @param created seconds since 1970
 * @param model the model that answers
 * @param choices what is new in each answer; may be empty, as in a last piece with the usage
 * @param usage what was read and written, in the last piece if at all
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ChatCompletionChunk(
        @Nullable String id,
        String object,
        long created,
        @Nullable String model,
        @Required List<Choice> choices,
        @Nullable ChatUsage usage) {
    public ChatCompletionChunk {
        choices = List.copyOf(choices);
    }

    /**
     * What is new in one answer.
     *
     * @param index the answer's place
     * @param delta what follows what came before
     * @param finishReason why the answer ends here; null: it goes on
     */
    public record Choice(
            int index,
            @Required Delta delta,
            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable String finishReason) {
        public Choice {
            requireNonNull(delta, "delta is null");
        }
    }

    /**
     * A piece of a message.
     *
     * @param role who speaks
     * @param content what is added to the text
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Delta(@Nullable String role, @Nullable String content) {}
}
