package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.text.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * How many tokens an input may have, special tokens included.
 *
 * @param model the model's name, for messages
 * @param least the special tokens and what makes an input at all
 * @param most the model's own limit
 */
record TokenLimit(String model, int least, int most) {
    TokenLimit {
        requireNonNull(model, "model is null");
    }

    /**
     * What the operator set, else what the folder says.
     *
     * @throws ModelLoadException when that is less than the least, or more than the model has positions for
     */
    static TokenLimit of(ModelFolder folder, ModelOptions options, int least) {
        var asked = options.maxTokens();
        if (asked == null) {
            if (folder.maxTokens() < least) {
                throw new ModelLoadException("%s limits texts to %d tokens, and %d are the least: set max-tokens"
                        .formatted(folder.path(), folder.maxTokens(), least));
            }
            return new TokenLimit(options.name(), least, folder.maxTokens());
        }
        if (asked < least || asked > folder.positions()) {
            throw new ModelLoadException("%s: max-tokens must be between %d and %d, the rows of the position table, not %d"
                    .formatted(options.name(), least, folder.positions(), asked));
        }
        return new TokenLimit(options.name(), least, asked);
    }

    /**
     * A request's own limit; the model's where it names none.
     *
     * @param field how the request spells it
     * @throws InvalidInputException when it lies outside
     */
    int within(String field, @Nullable Integer asked) {
        if (asked == null) {
            return most;
        }
        if (asked < least || asked > most) {
            throw new InvalidInputException(
                    field, "%s must be between %d and %,d for %s, not %d".formatted(field, least, most, model, asked));
        }
        return asked;
    }
}
