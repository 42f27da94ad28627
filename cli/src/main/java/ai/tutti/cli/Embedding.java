package ai.tutti.cli;

import ai.tutti.api.TruncateMode;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.text.Truncation;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a command's texts become vectors.
 *
 * @param choice which model, and where
 * @param dimensions only the first so many; null: all
 * @param promptName one of the model's prompts; null: none asked for
 * @param inputType what the texts are; null: not said
 * @param truncation what to do with texts that are too long
 */
record Embedding(
        ModelChoice choice,
        @Nullable Integer dimensions,
        @Nullable String promptName,
        @Nullable String inputType,
        Truncation truncation) {
    private static final int MOST_DIMENSIONS = 1 << 20;

    static Embedding of(Args args) {
        return new Embedding(
                ModelChoice.of(args),
                args.given(Options.DIMENSIONS, given -> (int) Values.count(given, MOST_DIMENSIONS)),
                args.given(Options.PROMPT_NAME, Given::text),
                args.given(Options.INPUT_TYPE, Given::text),
                args.given(Options.TRUNCATE, given -> Values.choice(given, Truncation.values()), Truncation.END));
    }

    /** Loads the model, or finds the server. */
    TextVectors open(Surroundings surroundings) {
        return choice.server() == null ? LocalVectors.load(this, surroundings) : new ServerVectors(this, surroundings);
    }

    EmbeddingOptions options() {
        return new EmbeddingOptions(truncation, promptName, inputType, dimensions, null);
    }

    TruncateMode truncateMode() {
        return mode(truncation);
    }

    /** As the wire has it. */
    static TruncateMode mode(Truncation truncation) {
        return switch (truncation) {
            case END -> TruncateMode.END;
            case START -> TruncateMode.START;
            case ERROR -> TruncateMode.ERROR;
        };
    }

    /** What was chosen, by name, for people. */
    Map<String, String> settings() {
        var settings = new LinkedHashMap<String, String>();
        settings.put("model", choice.spec().name());
        settings.put("number of dimensions", dimensions == null ? "all" : dimensions.toString());
        settings.put("prompt", promptName == null ? "none" : promptName);
        settings.put("input type", inputType == null ? "none" : inputType);
        settings.put("truncation", truncateMode().name().toLowerCase(Locale.ROOT));
        return settings;
    }
}
