package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.DigitGates;
import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;

/** Two linear layers of which one gates the other: {@code gelu(x Aᵀ) * (x' Bᵀ)}, x and x' some columns of the same rows. */
sealed interface GatedLinear {
    /**
     * The results, as the next layer takes them.
     *
     * @param name of working memory, for what is made
     * @param rows how many are computed, see {@link ai.tutti.engine.kernel.Kernels#bucket}
     * @param count how many of them count
     * @param x as {@link Operands#kept} makes it
     * @param block which of x's blocks of columns A reads
     * @param other which B reads
     */
    Operands.Operand multiply(
            Worker worker, String name, int rows, int count, Operands.Operand x, int block, int other);

    /**
     * One after the other.
     *
     * @param gate A
     * @param value B
     * @param in inputs of each
     */
    record Apart(FineLinear.Combining gate, FineLinear.Combining value, int in, Operands operands) implements GatedLinear {
        public Apart {
            requireNonNull(gate, "gate is null");
            requireNonNull(value, "value is null");
            requireNonNull(operands, "operands is null");
        }

        @Override
        public Operands.Operand multiply(
                Worker worker, String name, int rows, int count, Operands.Operand x, int block, int other) {
            int out = gate.out();
            var gates = worker.matrix("mlp.gate", DType.F32, rows, out);
            var gated = worker.matrix("mlp.gated", DType.F32, rows, out);
            gate.multiply(worker, rows, x, block * in, gates, 0, PlanSpec.Combine.GELU, 0);
            value.multiply(worker, rows, x, other * in, gated, 0, PlanSpec.Combine.TIMES, gates.address(0));
            return operands.of(worker, name, gated, out, out, count);
        }
    }

    /**
     * In one pass of machine code.
     *
     * @param weights A and B
     */
    record Together(DigitGates weights) implements GatedLinear {
        public Together {
            requireNonNull(weights, "weights is null");
        }

        @Override
        public Operands.Operand multiply(
                Worker worker, String name, int rows, int count, Operands.Operand x, int block, int other) {
            var results = Operands.tiles(worker, name, rows, weights.out());
            weights.multiply(
                    worker,
                    count,
                    x.x(),
                    block,
                    other,
                    requireNonNull(x.scales(), "x has no scales"),
                    requireNonNull(x.norms(), "x has no norms"),
                    results.x(),
                    requireNonNull(results.scales(), "results have no scales"));
            return results;
        }
    }
}
