package ai.tutti.engine.kernel;

/** A pass that was left between two layers because nobody waits for its results any more; no fault. */
public final class GivenUpException extends RuntimeException {
    public GivenUpException(String message) {
        super(message, null, false, false);
    }
}
