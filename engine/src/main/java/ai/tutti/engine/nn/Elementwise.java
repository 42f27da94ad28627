package ai.tutti.engine.nn;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is applied to each number of a finished vector or to a score, known by the name of PyTorch's class, with that class's
 * default parameters. (What belongs to every token is {@link ai.tutti.engine.kernel.Activation}, inside the product.)
 */
public enum Elementwise {
    IDENTITY("Identity"),
    TANH("Tanh"),
    SIGMOID("Sigmoid"),
    RELU("ReLU"),
    LEAKY_RELU("LeakyReLU"),
    ELU("ELU"),
    SILU("SiLU"),
    /** The exact form, {@code x (1 + erf(x / sqrt 2)) / 2}. */
    GELU("GELU"),
    SOFTPLUS("Softplus"),
    MISH("Mish");

    private final String torchClass;

    Elementwise(String torchClass) {
        this.torchClass = torchClass;
    }

    /** The function of {@code torch.nn}'s class of this name, or null. */
    public static @Nullable Elementwise ofTorch(String className) {
        return Arrays.stream(values()).filter(one -> one.torchClass.equals(className)).findFirst().orElse(null);
    }

    /** The name of PyTorch's class. */
    public String torchClass() {
        return torchClass;
    }

    /** The function's value. */
    public float of(float x) {
        return (float) exact(x);
    }

    /** Applies the function to every number in place. */
    public void apply(float[] vector) {
        if (this != IDENTITY) {
            for (int i = 0; i < vector.length; i++) {
                vector[i] = of(vector[i]);
            }
        }
    }

    private double exact(double x) {
        return switch (this) {
            case IDENTITY -> x;
            case TANH -> Math.tanh(x);
            case SIGMOID -> sigmoid(x);
            case RELU -> Math.max(x, 0);
            case LEAKY_RELU -> x < 0 ? 0.01 * x : x;
            case ELU -> x < 0 ? Math.expm1(x) : x;
            case SILU -> x * sigmoid(x);
            case GELU -> x * normal(x);
            case SOFTPLUS -> softplus(x);
            case MISH -> x * Math.tanh(softplus(x));
        };
    }

    private static double softplus(double x) {
        return x > 20 ? x : Math.log1p(Math.exp(x));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /**
     * The normal distribution function: {@code 1/2 + pdf(x) (x + x³/3 + x⁵/(3·5) + …)} (Marsaglia, Evaluating the Normal
     * Distribution, 2004), to the last place of a float; beyond 9 nothing is left of the tail.
     */
    private static double normal(double x) {
        if (Math.abs(x) > 9) {
            return x > 0 ? 1 : 0;
        }
        double sum = x;
        double term = x;
        for (int i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
            term *= x * x / i;
            sum += term;
        }
        return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }
}
