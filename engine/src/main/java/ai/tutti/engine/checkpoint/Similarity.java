package ai.tutti.engine.checkpoint;

import java.util.Arrays;
import java.util.Locale;

/** How a model's vectors want to be compared: {@code similarity_fn_name}. */
public enum Similarity {
    COSINE,
    DOT,
    EUCLIDEAN,
    MANHATTAN;

    static Similarity read(ModelConfig config) {
        String name = config.stringOr("similarity_fn_name", "cosine");
        return Arrays.stream(values())
                .filter(similarity -> similarity.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(() -> new ModelLoadException(
                        "%s: similarity_fn_name is %s; cosine, dot, euclidean and manhattan are known"
                                .formatted(config.file(), OneLine.of(name))));
    }
}
