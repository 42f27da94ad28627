package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.CodeLoops;
import ai.tutti.engine.kernel.CodedRows;
import ai.tutti.engine.kernel.CodedWeights;
import java.lang.foreign.MemorySegment;

/**
 * {@code y = x Wᵀ + b} by a product of bytes. Who makes the input's codes multiplies its columns by {@code factors} first; who
 * takes the results multiplies each row by its step and adds b: {@link CodedRows}.
 *
 * <p><b>Factors.</b> A row of an encoder's states has a few columns that are ten times as large as the others, always the same
 * ones; with one step a row, they would leave few codes to the rest. So a column is divided by what its weights are
 * multiplied by, {@code 1 / factor = most|x|^α / most|w|^(1 - α)}, with the largest magnitudes of a sample's inputs and of the weights
 * (SmoothQuant, Xiao et al., 2023, arXiv:2211.10438). <b>Bias.</b> What rounding the weights adds to the result for the sample's
 * mean input is taken off b.
 *
 * @param weights of x's columns divided by their factors
 * @param bias f32, {@code [out]}
 * @param factors f32, {@code [in]}
 */
public record CodedLinear(CodedWeights weights, MemorySegment bias, MemorySegment factors) {
    public CodedLinear {
        requireNonNull(weights, "weights is null");
        requireNonNull(bias, "bias is null");
        requireNonNull(factors, "factors is null");
    }

    /**
     * Reads a layer.
     *
     * @param rows what computes with it
     * @param weight {@code [bias.length, columns of seen]}, row-major; overwritten
     * @param seen of the input, by a sample
     * @param alpha how much of the inputs' spread goes to the weights: from 0, none, to 1
     * @param zero the code of an input that means 0
     */
    public static CodedLinear of(Weights weights, CodedRows rows, float[] weight, float[] bias, ColumnRanges seen, float alpha, int zero) {
        int in = seen.columns();
        var factors = factors(weight, seen, alpha);
        for (int i = 0; i < weight.length; i++) {
            weight[i] /= factors[i % in];
        }
        var moved = bias.clone();
        addMean(weight, factors, seen, 1, moved);
        var coded = weights.code(rows, weight, in, zero);
        addMean(weight, factors, seen, -1, moved);
        return new CodedLinear(coded, weights.vector(moved), weights.vector(factors));
    }

    private static float[] factors(float[] weight, ColumnRanges seen, float alpha) {
        int in = seen.columns();
        var largest = new float[in];
        for (int i = 0; i < weight.length; i++) {
            largest[i % in] = Math.max(largest[i % in], Math.abs(weight[i]));
        }
        var most = seen.most();
        var factors = new float[in];
        for (int c = 0; c < in; c++) {
            double factor = Math.pow(Math.max(largest[c], Float.MIN_NORMAL), 1 - alpha) / Math.pow(most[c], alpha);
            factors[c] = (float) Math.clamp(factor, 1e-10, 1e10);
        }
        return factors;
    }

    /** Adds the weights' result for the sample's mean input, times a sign. */
    private static void addMean(float[] weight, float[] factors, ColumnRanges seen, int sign, float[] bias) {
        int in = factors.length;
        for (int n = 0; n < bias.length; n++) {
            double sum = 0;
            for (int c = 0; c < in; c++) {
                sum += (double) weight[n * in + c] * factors[c] * seen.mean(c);
            }
            bias[n] += (float) (sign * sum);
        }
    }

    /** How its input's codes are made. */
    public CodeLoops.Coding input() {
        return new CodeLoops.Coding(factors, weights.zero());
    }

    /** The layer as rows of codes go through it. */
    public CodedRows.Layer layer() {
        return new CodedRows.Layer(weights, bias);
    }
}
