package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import org.jspecify.annotations.Nullable;

/** What a plan computes, in shapes and types: the key under which a plan is made once and kept. */
public sealed interface PlanSpec {
    /** What a product does with its result. */
    enum Then {
        /** {@code dst = result}. */
        STORE,
        /** {@code dst = dst + result}. */
        ADD,
        /** {@code dst = result * factor}, number by number; factor is of dst's type and stride. */
        MULTIPLY
    }

    /**
     * {@code result = act(src Wᵀ + bias)}, with packed weights.
     *
     * @param rows rows of src and dst; at least 2, since oneDNN's kernel for one row rounds differently
     * @param weights the packed weights' shape and layout
     * @param input type of src, dense {@code [rows, in]}
     * @param output type of dst, {@code [rows, out]}
     * @param outputStride elements from one row of dst to the next
     * @param activation applied to the sum; none when the result is added
     * @param then what becomes of the result
     */
    record Linear(
            int rows,
            PackedWeights.Layout weights,
            DType input,
            DType output,
            int outputStride,
            Activation activation,
            Then then)
            implements PlanSpec {
        public Linear {
            if (rows < 2) {
                throw new IllegalArgumentException("a product needs at least 2 rows");
            }
        }
    }

    /**
     * {@code dst = (src W) * scales + offsets}, of unsigned bytes by signed ones, summed exactly; scales and offsets are f32,
     * one a column.
     *
     * @param rows rows of src and dst; at least 2
     * @param weights the packed weights' shape and layout
     * @param output type of dst, dense {@code [rows, out]}
     */
    record Coded(int rows, PackedWeights.Layout weights, DType output) implements PlanSpec {
        public Coded {
            if (rows < 2) {
                throw new IllegalArgumentException("a product needs at least 2 rows");
            }
        }
    }

    /**
     * A product over some columns of wider rows: {@code dst = src Wᵀ + bias}, {@code dst += src Wᵀ + bias},
     * {@code dst = gelu(src Wᵀ)}, or {@code dst = (src Wᵀ) * factor}.
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

    /**
     * As {@link Part}, of integers of eight bits with scales: {@code src Wᵀ} stands for the product times src's one scale times a
     * scale for each output. src's numbers are dense in a row, dst is f32.
     *
     * @param rows rows of src and dst; at least 2
     * @param weights the packed weights' shape and layout
     * @param inputStride numbers from one row of src to the next
     * @param outputStride numbers from one row of dst, or of the factor, to the next
     * @param onTop whether the product is added to what dst holds, before anything becomes of it
     * @param finish what becomes of it then; null: nothing, and there is no bias
     */
    record Integers(
            int rows,
            PackedWeights.Layout weights,
            int inputStride,
            int outputStride,
            boolean onTop,
            @Nullable Combine finish)
            implements PlanSpec {
        public Integers {
            if (rows < 2) {
                throw new IllegalArgumentException("a product needs at least 2 rows");
            }
        }
    }

    /** What becomes of a product. */
    enum Combine {
        /** It and a bias are written. */
        STORE,
        /** GELU of it is written. */
        GELU,
        /** It and a bias are added to what is there. */
        ADD,
        /** It is written multiplied by a factor of its own type and strides. */
        TIMES
    }

    /**
     * {@code c[i] = a[i] b[i]}, for each matrix of a batch, the batch's matrices wherever the strides say.
     *
     * @param batch how many
     * @param rows of a and c; at least 2
     * @param columns of b and c
     * @param inner columns of a, rows of b
     * @param masked whether a row {@code [columns]} in f32 is added to every row of c
     * @param accumulate whether the result is added to what c holds
     */
    record Batched(
            int batch,
            int rows,
            int columns,
            int inner,
            Operand a,
            Operand b,
            Operand c,
            boolean masked,
            boolean accumulate)
            implements PlanSpec {
        public Batched {
            if (rows < 2) {
                throw new IllegalArgumentException("a product needs at least 2 rows");
            }
        }
    }

    /**
     * Where the numbers of a batch of matrices lie; strides are in elements.
     *
     * @param type of a number
     * @param batchStride from one matrix to the next; 0 for one matrix that serves them all
     * @param rowStride from one row to the next
     * @param columnStride from one column to the next; one of the two is 1
     */
    record Operand(DType type, int batchStride, int rowStride, int columnStride) {
        /** Rows of numbers that lie side by side. */
        public static Operand rows(DType type, int batchStride, int rowStride) {
            return new Operand(type, batchStride, rowStride, 1);
        }

        /** The same numbers read as the transposed matrix. */
        public Operand transposed() {
            return new Operand(type, batchStride, columnStride, rowStride);
        }
    }

    /** Softmax of each row of a dense f32 {@code [rows, columns]} into {@code output}. */
    record Softmax(int rows, int columns, DType output) implements PlanSpec {}

    /** Layer norm of each row of a dense f32 {@code [rows, columns]} into {@code output}, with scale and shift. */
    record LayerNorm(int rows, int columns, float epsilon, DType output) implements PlanSpec {}
}
