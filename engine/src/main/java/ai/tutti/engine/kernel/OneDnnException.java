package ai.tutti.engine.kernel;

/** oneDNN refused a call, or would have fallen to its reference code, which is thousands of times slower. */
public final class OneDnnException extends RuntimeException {
    OneDnnException(String message) {
        super(message);
    }

    OneDnnException(String message, Throwable cause) {
        super(message, cause);
    }
}
