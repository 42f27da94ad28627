package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.DigitTiles;
import ai.tutti.engine.kernel.DigitWeights;
import ai.tutti.engine.kernel.MeanTiles;
import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;

/** A linear layer whose results are finer than plain bf16's; see {@link Operands}. */
public sealed interface FineLinear {
    /** Numbers that come out. */
    int out();

    /**
     * Multiplies some columns of rows, and adds the bias.
     *
     * @param rows how many are computed, see {@link ai.tutti.engine.kernel.Kernels#bucket}
     * @param x in blocks of as many columns as go in here
     * @param column the first of them
     * @param y f32, written from {@code target} on
     * @param adds whether the result is added to what is there
     */
    void multiply(Worker worker, int rows, Operands.Operand x, int column, Matrix y, int target, boolean adds);

    /** A layer whose result may be combined with others in more ways. */
    sealed interface Combining extends FineLinear {
        /**
         * Multiplies some columns of rows. The bias is added where the result is stored or added, and nowhere else.
         *
         * @param combine what becomes of the product
         * @param factor the address of y's counterpart for {@code TIMES}, or 0
         */
        void multiply(
                Worker worker,
                int rows,
                Operands.Operand x,
                int column,
                Matrix y,
                int target,
                PlanSpec.Combine combine,
                long factor);

        @Override
        default void multiply(
                Worker worker, int rows, Operands.Operand x, int column, Matrix y, int target, boolean adds) {
            multiply(worker, rows, x, column, y, target, adds ? PlanSpec.Combine.ADD : PlanSpec.Combine.STORE, 0);
        }
    }

    private static long other(PlanSpec.Combine combine, MemorySegment bias, long factor) {
        return switch (combine) {
            case STORE, ADD -> bias.address();
            case TIMES -> factor;
            case GELU -> 0;
        };
    }

    /** In f32. */
    record Floats(Linear linear) implements Combining {
        public Floats {
            requireNonNull(linear, "linear is null");
        }

        @Override
        public int out() {
            return linear.out();
        }

        @Override
        public void multiply(
                Worker worker,
                int rows,
                Operands.Operand x,
                int column,
                Matrix y,
                int target,
                PlanSpec.Combine combine,
                long factor) {
            var whole = linear.whole();
            var from = x.x();
            var spec = new PlanSpec.Part(
                    rows, whole.layout(), from.dtype(), from.columns(), y.dtype(), y.columns(), combine);
            worker.part(
                    spec,
                    from.address(0) + (long) column * Float.BYTES,
                    whole,
                    y.address(0) + (long) target * Float.BYTES,
                    other(combine, linear.bias(), factor));
        }
    }

    /**
     * Of integers in digits.
     *
     * @param weights W
     * @param bias f32, {@code [out]}
     */
    record Digits(DigitWeights weights, MemorySegment bias) implements Combining {
        public Digits {
            requireNonNull(weights, "weights is null");
            requireNonNull(bias, "bias is null");
        }

        @Override
        public int out() {
            return weights.high().out();
        }

        @Override
        public void multiply(
                Worker worker,
                int rows,
                Operands.Operand x,
                int column,
                Matrix y,
                int target,
                PlanSpec.Combine combine,
                long factor) {
            weights.multiply(
                    worker,
                    rows,
                    x.x().address(0) + 2L * column,
                    x.x().columns(),
                    requireNonNull(x.scales(), "x has no scales").address(),
                    y.address(0) + (long) target * Float.BYTES,
                    y.columns(),
                    combine,
                    other(combine, bias, factor));
        }
    }

    /**
     * Of integers in digits, by machine code.
     *
     * @param weights W
     * @param bias f32, {@code [out]}
     */
    record Tiles(DigitTiles weights, MemorySegment bias) implements FineLinear {
        public Tiles {
            requireNonNull(weights, "weights is null");
            requireNonNull(bias, "bias is null");
        }

        @Override
        public int out() {
            return weights.out();
        }

        @Override
        public void multiply(
                Worker worker, int rows, Operands.Operand x, int column, Matrix y, int target, boolean adds) {
            weights.multiply(
                    worker,
                    rows,
                    x.x(),
                    column,
                    requireNonNull(x.scales(), "x has no scales").address(),
                    y.address(0) + (long) target * Float.BYTES,
                    y.columns(),
                    adds,
                    bias);
        }
    }

    /**
     * In bf16, exact for the rows' mean: of {@linkplain Operands#normed normed rows} alone, which are only ever stored.
     *
     * @param weights W
     * @param bias f32, {@code [out]}
     */
    record Means(MeanTiles weights, MemorySegment bias) implements FineLinear {
        public Means {
            requireNonNull(weights, "weights is null");
            requireNonNull(bias, "bias is null");
        }

        @Override
        public int out() {
            return weights.out();
        }

        @Override
        public void multiply(
                Worker worker, int rows, Operands.Operand x, int column, Matrix y, int target, boolean adds) {
            if (column != 0 || adds) {
                throw new IllegalArgumentException("Only whole rows are multiplied, and stored");
            }
            var mean = requireNonNull(x.mean(), "x has no mean");
            weights.multiply(
                    worker, rows, x.x(), mean, bias, y.address(0) + (long) target * Float.BYTES, y.columns());
        }
    }
}
