package ai.tutti.engine.kernel;

import org.jspecify.annotations.Nullable;

/** What may stand between a feed-forward's two products where those are of bytes. */
public enum CodedActivation {
    GELU,
    GELU_TANH,
    RELU;

    /** The same function. */
    Activation plain() {
        return switch (this) {
            case GELU -> Activation.GELU;
            case GELU_TANH -> Activation.GELU_TANH;
            case RELU -> Activation.RELU;
        };
    }

    /** The same function, or null where there is none of these. */
    public static @Nullable CodedActivation of(Activation activation) {
        return switch (activation) {
            case GELU -> GELU;
            case GELU_TANH -> GELU_TANH;
            case RELU -> RELU;
            case NONE, SILU, TANH -> null;
        };
    }
}
