package ai.tutti.client;

import static java.util.Objects.requireNonNull;

import ai.tutti.api.ChatMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to answer. Null fields are not sent.
 *
 * @param model the name of a chat model
 * @param messages the conversation so far
 * @param maxTokens the longest answer in tokens
 * @param temperature 0: always the likeliest token; higher: more variety
 * @param topP only the likeliest tokens whose probabilities sum to this
 * @param topK only so many of the likeliest tokens
 * @param stop texts that end the answer
 * @param seed for answers that can be repeated
 * @param extras further fields of the request; one of a known name takes that one's place
 */
public record ChatCompletionCreateParams(
        String model,
        List<ChatMessage> messages,
        @Nullable Integer maxTokens,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer topK,
        @Nullable List<String> stop,
        @Nullable Long seed,
        Map<String, @Nullable Object> extras) {
    public ChatCompletionCreateParams {
        requireNonNull(model, "model is null");
        messages = List.copyOf(messages);
        stop = stop == null ? null : List.copyOf(stop);
        extras = Extras.copy(extras);
    }

    /** One question to a model. */
    public static ChatCompletionCreateParams of(String model, String question) {
        return builder().model(model).message(ChatMessage.user(question)).build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Builds {@link ChatCompletionCreateParams}. */
    public static final class Builder {
        private @Nullable String model;
        private final List<ChatMessage> messages = new ArrayList<>();
        private @Nullable Integer maxTokens;
        private @Nullable Double temperature;
        private @Nullable Double topP;
        private @Nullable Integer topK;
        private @Nullable List<String> stop;
        private @Nullable Long seed;
        private final Map<String, @Nullable Object> extras = new LinkedHashMap<>();

        private Builder() {}

        public Builder model(String name) {
            model = name;
            return this;
        }

        /** Adds turns. */
        public Builder messages(List<ChatMessage> turns) {
            messages.addAll(turns);
            return this;
        }

        /** Adds a turn. */
        public Builder message(ChatMessage turn) {
            messages.add(turn);
            return this;
        }

        public Builder maxTokens(int tokens) {
            maxTokens = tokens;
            return this;
        }

        public Builder temperature(double value) {
            temperature = value;
            return this;
        }

        public Builder topP(double probability) {
            topP = probability;
            return this;
        }

        public Builder topK(int tokens) {
            topK = tokens;
            return this;
        }

        public Builder stop(String... texts) {
            stop = List.of(texts);
            return this;
        }

        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** A further field; its value is written as JSON: text, number, boolean, list, map or null. */
        public Builder extra(String name, @Nullable Object value) {
            extras.put(name, value);
            return this;
        }

        /**
         * The request.
         *
         * @throws NullPointerException without {@code model}
         */
        public ChatCompletionCreateParams build() {
            return new ChatCompletionCreateParams(
                    requireNonNull(model, "model is missing"),
                    messages,
                    maxTokens,
                    temperature,
                    topP,
                    topK,
                    stop,
                    seed,
                    extras);
        }
    }
}
