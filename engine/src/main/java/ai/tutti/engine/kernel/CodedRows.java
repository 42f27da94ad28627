package ai.tutti.engine.kernel;

import ai.tutti.engine.kernel.CodeLoops.Codes;
import ai.tutti.engine.kernel.CodeLoops.Coding;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What lies between an encoder's attentions, over rows of codes ({@link CodeLoops} says what they are). Rows are a multiple of 16, and
 * know nothing of one another.
 */
public sealed interface CodedRows permits LoopedRows, FusedRows {
    /**
     * A linear layer.
     *
     * @param weights of its input's codes
     * @param bias f32, {@code [out]}
     */
    record Layer(CodedWeights weights, MemorySegment bias) {}

    /**
     * A norm of rows.
     *
     * @param scale f32, {@code [columns]}
     * @param shift f32, {@code [columns]}
     * @param epsilon added to the variance
     */
    record Norm(MemorySegment scale, MemorySegment shift, float epsilon) {}

    /**
     * Codes of a layer's weights, see {@link CodedWeights}.
     *
     * @param weight {@code [out, in]}, row-major; finite; overwritten by what the codes mean
     * @param zero the code of the inputs that means 0
     * @param arena owns the codes
     */
    CodedWeights pack(float[] weight, int in, int zero, Arena arena);

    /**
     * {@code h = norm(h)}, and the codes of the result.
     *
     * @param h f32, from row {@code first}
     */
    void norm(Worker worker, Matrix h, int first, int rows, Norm norm, Coding to, Codes codes);

    /**
     * The codes of x.
     *
     * @param x of the type of attention, from row {@code first}
     */
    void quantise(Worker worker, Matrix x, int first, int rows, Coding to, Codes codes);

    /**
     * A layer's results.
     *
     * @param codes the layer's input
     * @param y of the type of attention, written from row {@code first}
     */
    void project(Worker worker, Codes codes, int rows, Layer layer, Matrix y, int first);

    /**
     * Codes of what an activation makes of a layer's results.
     *
     * @param codes the layer's input
     * @param results may share its steps
     */
    void activate(Worker worker, Codes codes, int rows, Layer layer, CodedActivation activation, Coding to, Codes results);

    /**
     * {@code h = norm(h + the layer's results)}, and the codes of that.
     *
     * @param codes the layer's input
     * @param h f32, from row {@code first}
     * @param results may share its steps
     */
    void addNorm(
            Worker worker, Codes codes, int rows, Layer layer, Matrix h, int first, Norm norm, Coding to, Codes results);
}
