package ai.tutti.engine.checkpoint;

import static java.util.Objects.requireNonNull;

/**
 * A folder that cannot be served: missing or broken files, an unknown architecture, a tensor of the wrong shape. The
 * message is one line that names the file (and the tensor) and says how to mend it.
 */
public final class ModelLoadException extends RuntimeException {
    public ModelLoadException(String message) {
        super(requireNonNull(message, "message is null"));
    }

    public ModelLoadException(String message, Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
    }
}
