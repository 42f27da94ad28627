package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.Precision;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a model is to be loaded: what the operator set, and what the catalogue knows that the folder's files do not say.
 *
 * @param name the name it is served under
 * @param precision the arithmetic; null: {@code auto}, that is bf16 where the CPU gains by it, else f32
 * @param maxTokens a limit of tokens a text, at most what the folder's position table holds; null: the folder's own
 * @param matryoshka whether the model was trained so that its first dimensions stand for the whole; null: no
 * @param prompts prompts beside the folder's own, by name; they apply only when asked for
 */
public record ModelOptions(
        String name,
        @Nullable Precision precision,
        @Nullable Integer maxTokens,
        @Nullable Boolean matryoshka,
        Map<String, String> prompts) {
    public ModelOptions {
        requireNonNull(name, "name is null");
        prompts = Map.copyOf(prompts);
    }

    /** Everything as the folder says, precision {@code auto}. */
    public static ModelOptions named(String name) {
        return new ModelOptions(name, null, null, null, Map.of());
    }
}
