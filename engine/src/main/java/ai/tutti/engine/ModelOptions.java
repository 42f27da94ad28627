package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.Precision;
import java.nio.file.Path;
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
 * @param reproduction how the vectors are to be made where the folder leaves it open
 * @param template how a language model is asked for a score; null: as its folder says, if it does
 * @param uncased a folder with bert-base-uncased's {@code tokenizer.json}, for models that need it and do not have it; null:
 *     there is none
 */
public record ModelOptions(
        String name,
        @Nullable Precision precision,
        @Nullable Integer maxTokens,
        @Nullable Boolean matryoshka,
        Map<String, String> prompts,
        Reproduction reproduction,
        @Nullable RerankPrompt template,
        @Nullable Path uncased) {
    public ModelOptions {
        requireNonNull(name, "name is null");
        requireNonNull(reproduction, "reproduction is null");
        prompts = Map.copyOf(prompts);
    }

    /** With vectors as the reference makes them. */
    public ModelOptions(
            String name,
            @Nullable Precision precision,
            @Nullable Integer maxTokens,
            @Nullable Boolean matryoshka,
            Map<String, String> prompts) {
        this(name, precision, maxTokens, matryoshka, prompts, Reproduction.REFERENCE, null, null);
    }

    /** Everything as the folder says, precision {@code auto}. */
    public static ModelOptions named(String name) {
        return new ModelOptions(name, null, null, null, Map.of());
    }

    public ModelOptions withReproduction(Reproduction value) {
        return new ModelOptions(name, precision, maxTokens, matryoshka, prompts, value, template, uncased);
    }

    public ModelOptions withTemplate(@Nullable RerankPrompt value) {
        return new ModelOptions(name, precision, maxTokens, matryoshka, prompts, reproduction, value, uncased);
    }

    public ModelOptions withUncased(@Nullable Path value) {
        return new ModelOptions(name, precision, maxTokens, matryoshka, prompts, reproduction, template, value);
    }
}
