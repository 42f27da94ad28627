package ai.tutti.engine.kernel;

/** What a linear layer applies to its result. */
public enum Activation {
    NONE(0),
    /** {@code 0.5 x (1 + erf(x / sqrt 2))}, the exact form. */
    GELU(OneDnn.ELTWISE_GELU_ERF);

    private final int algorithm;

    Activation(int algorithm) {
        this.algorithm = algorithm;
    }

    int algorithm() {
        return algorithm;
    }
}
