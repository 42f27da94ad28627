package ai.tutti.engine.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a cross-encoder's logit goes through before it is a score, as its folder declares it.
 *
 * <p>sentence-transformers' order: {@code activation_fn} of {@code config_sentence_transformers.json} (its version 6),
 * {@code sentence_transformers.activation_fn} of {@code config.json} (4 and 5), {@code sbert_ce_default_activation_function}
 * there (before); else a sigmoid where the model has one label, and nothing where it has several.
 */
public enum ScoreActivation {
    /** The score is the logit. */
    IDENTITY,
    /** 1 / (1 + e^-logit). */
    SIGMOID;

    /** @param labels how many scores the model has */
    static ScoreActivation read(Path folder, ModelConfig config, int labels) {
        Path file = folder.resolve("config_sentence_transformers.json");
        ModelConfig sentences = Files.exists(file) ? ModelConfig.read(file) : null;
        ScoreActivation declared = declared(sentences, "activation_fn");
        if (declared == null) {
            declared = declared(config.object("sentence_transformers"), "activation_fn");
        }
        if (declared == null) {
            declared = declared(config, "sbert_ce_default_activation_function");
        }
        return declared == null ? labels == 1 ? SIGMOID : IDENTITY : declared;
    }

    private static @Nullable ScoreActivation declared(@Nullable ModelConfig config, String key) {
        if (config == null || !config.has(key)) {
            return null;
        }
        String name = config.requireString(key);
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "Identity" -> IDENTITY;
            case "Sigmoid" -> SIGMOID;
            default -> throw new ModelLoadException("%s: %s is %s; only Identity and Sigmoid can be served"
                    .formatted(config.file(), key, OneLine.of(name)));
        };
    }
}
