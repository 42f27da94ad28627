package ai.tutti.engine.kernel;

/** What a linear layer applies to its result. */
public enum Activation {
    NONE(0),
    /** {@code 0.5 x (1 + erf(x / sqrt 2))}, the exact form. */
    GELU(OneDnn.ELTWISE_GELU_ERF),
    /** {@code 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))}. */
    GELU_TANH(OneDnn.ELTWISE_GELU_TANH),
    /** {@code max(x, 0)}. */
    RELU(OneDnn.ELTWISE_RELU),
    /** {@code x / (1 + exp(-x))}. */
    SILU(OneDnn.ELTWISE_SWISH),
    TANH(OneDnn.ELTWISE_TANH);

    private final int algorithm;

    Activation(int algorithm) {
        this.algorithm = algorithm;
    }

    int algorithm() {
        return algorithm;
    }

    /** oneDNN's parameter: the factor of x in swish's exponent, the slope of relu below 0. */
    float alpha() {
        return this == SILU ? 1 : 0;
    }
}
