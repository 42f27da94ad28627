package ai.tutti.client;

import static java.util.Objects.requireNonNull;

import ai.tutti.api.TruncateMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to embed. Together's own service knows {@code model} and {@code input}; null fields are not sent.
 *
 * @param model the name of a served model
 * @param input the texts, as many as you like
 * @param dimensions only the first so many dimensions, normalised again; null: all
 * @param truncate what to do with a text over the model's limit; null: cut off the end
 * @param inputType {@code query}, {@code document}, {@code search_query} or {@code search_document}; null: not said
 * @param promptName the name of one of the model's prompts; null: none asked for
 * @param extras further fields of the request; one of a known name takes that one's place
 */
public record EmbeddingCreateParams(
        String model,
        List<String> input,
        @Nullable Integer dimensions,
        @Nullable TruncateMode truncate,
        @Nullable String inputType,
        @Nullable String promptName,
        Map<String, @Nullable Object> extras) {
    public EmbeddingCreateParams {
        requireNonNull(model, "model is null");
        input = List.copyOf(input);
        extras = Extras.copy(extras);
    }

    /** Just texts for a model. */
    public static EmbeddingCreateParams of(String model, String... input) {
        return builder().model(model).input(input).build();
    }

    /** Just texts for a model. */
    public static EmbeddingCreateParams of(String model, List<String> input) {
        return builder().model(model).input(input).build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Builds {@link EmbeddingCreateParams}. */
    public static final class Builder {
        private @Nullable String model;
        private @Nullable List<String> input;
        private @Nullable Integer dimensions;
        private @Nullable TruncateMode truncate;
        private @Nullable String inputType;
        private @Nullable String promptName;
        private final Map<String, @Nullable Object> extras = new LinkedHashMap<>();

        private Builder() {}

        public Builder model(String name) {
            model = name;
            return this;
        }

        public Builder input(String... texts) {
            return input(List.of(texts));
        }

        public Builder input(List<String> texts) {
            input = texts;
            return this;
        }

        public Builder dimensions(int first) {
            dimensions = first;
            return this;
        }

        public Builder truncate(TruncateMode mode) {
            truncate = mode;
            return this;
        }

        public Builder inputType(String type) {
            inputType = type;
            return this;
        }

        public Builder promptName(String name) {
            promptName = name;
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
         * @throws NullPointerException without {@code model} or {@code input}
         */
        public EmbeddingCreateParams build() {
            return new EmbeddingCreateParams(
                    requireNonNull(model, "model is missing"),
                    requireNonNull(input, "input is missing"),
                    dimensions,
                    truncate,
                    inputType,
                    promptName,
                    extras);
        }
    }
}
