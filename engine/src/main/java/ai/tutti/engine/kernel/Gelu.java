package ai.tutti.engine.kernel;

import java.util.function.DoubleUnaryOperator;

/** GELU's forms (Hendrycks and Gimpel, 2016, arXiv:1606.08415), for numbers of a few units. */
final class Gelu {
    private Gelu() {}

    static DoubleUnaryOperator of(Activation activation) {
        return switch (activation) {
            case GELU -> Gelu::exact;
            case GELU_TANH -> Gelu::byTanh;
            default -> throw new IllegalArgumentException(activation + " is no GELU");
        };
    }

    /**
     * {@code x P(X <= x)} for a normal X, the probability as {@code 1/2 + pdf(x) (x + x³/3 + x⁵/(3·5) + …)} (Marsaglia, Evaluating
     * the Normal Distribution, 2004).
     */
    private static double exact(double x) {
        double sum = x;
        double term = x;
        for (int i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
            term *= x * x / i;
            sum += term;
        }
        return x * (0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI));
    }

    private static double byTanh(double x) {
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }
}
