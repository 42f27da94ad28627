package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;

/** What a plan computes, in shapes and types: the key under which a plan is made once and kept. */
public sealed interface PlanSpec {
    /** What a product does with its result. */
    enum Then {
        /** {@code dst = result}. */
        STORE,
        /** {@code dst = dst + result}. */
        ADD,
        /** {@code dst = result * factor}, number by number; factor is of dst's type and shape. */
        MULTIPLY
    }

    /**
     * {@code result = act(src Wᵀ + bias)}, with packed weights.
     *
     * @param rows rows of src and dst; at least 2, since oneDNN's kernel for one row rounds differently
     * @param weights the packed weights' shape and layout
     * @param input type of src, dense {@code [rows, in]}
     * @param output type of dst, dense {@code [rows, out]}
     * @param activation applied to the sum; none when the result is added
     * @param then what becomes of the result
     */
    record Linear(
            int rows, PackedWeights.Layout weights, DType input, DType output, Activation activation, Then then)
            implements PlanSpec {
        public Linear {
            if (rows < 2) {
                throw new IllegalArgumentException("a product needs at least 2 rows");
            }
        }
    }

    /**
     * A product over some columns of wider rows: {@code dst = gelu(src Wᵀ)},
     * {@code dst += src Wᵀ + bias}, or {@code dst = (src Wᵀ) * factor}.
     *
     * @param rows rows of src and dst; at least 2
     * @param weights the packed weights' shape and layout
     * @param input type of src
     * @param inputStride numbers from one row of src to the next
     * @param output type of dst
     * @param outputStride numbers from one row of dst, or of the factor, to the next
     * @param combine what becomes of the product
     */
    record Part(
            int rows,
            PackedWeights.Layout weights,
            DType input,
            int inputStride,
            DType output,
            int outputStride,
            Combine combine)
            implements PlanSpec {
        public Part {
            if (rows < 2) {
                throw new IllegalArgumentException("a product needs at least 2 rows");
            }
        }
    }

    /** What becomes of a product. */
    enum Combine {
        /** GELU of it is written. */
        GELU,
        /** It and a bias are added to what is there. */
        ADD,
        /** It is written multiplied by a factor of its own type and strides. */
        TIMES
    }

    /**
     * {@code scores[h] = query[h] key[h]ᵀ + mask}: attention's first product.
     *
     * @param heads how many heads in one call
     * @param queries query rows
     * @param keys key rows
     * @param headSize numbers a head
     * @param rowStride elements from one token's query (or key) to the next token's
     * @param input type of query and key
     * @param masked whether a row {@code [keys]} in f32 is added to every row of scores
     */
    record Scores(int heads, int queries, int keys, int headSize, int rowStride, DType input, boolean masked)
            implements PlanSpec {}

    /**
     * {@code context[h] = probabilities[h] value[h]}: attention's second product.
     *
     * @param heads how many heads in one call
     * @param queries query rows
     * @param keys key rows
     * @param headSize numbers a head
     * @param valueStride elements from one token's value to the next token's
     * @param contextStride elements from one token's result to the next token's
     * @param type of all three
     */
    record Context(int heads, int queries, int keys, int headSize, int valueStride, int contextStride, DType type)
            implements PlanSpec {}

    /** Softmax of each row of a dense f32 {@code [rows, columns]} into {@code output}. */
    record Softmax(int rows, int columns, DType output) implements PlanSpec {}

    /** Layer norm of each row of a dense f32 {@code [rows, columns]} into {@code output}, with scale and shift. */
    record LayerNorm(int rows, int columns, float epsilon, DType output) implements PlanSpec {}
}
