package ai.tutti.server;

import ai.tutti.engine.tensor.Precision;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the operator set for one model.
 *
 * @param path the model's folder; null: found by its name
 * @param precision the arithmetic; null: the server's
 * @param maxTokens a limit of tokens a text; null: the folder's own
 * @param matryoshka whether shorter {@code dimensions} may be asked for; null: as the model is known
 * @param lazy whether it is loaded when it is first asked for, and not at the start; null: as all models
 */
public record ModelSettings(
        @Nullable Path path,
        @Nullable Precision precision,
        @Nullable Integer maxTokens,
        @Nullable Boolean matryoshka,
        @Nullable Boolean lazy) {
    /** Nothing set. */
    public static final ModelSettings DEFAULT = new ModelSettings(null, null, null, null, null);
}
