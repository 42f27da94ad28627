package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.DigitGates;
import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/** Two linear layers of which one gates the other: {@code gelu(x Aᵀ) * (x' Bᵀ)}, x and x' some columns of the same rows. */
sealed interface GatedLinear {
    /**
     * The results, as the next layer takes them.
     *
     * @param name of working memory, for what is made
     * @param rows how many are computed, see {@link ai.tutti.engine.kernel.Kernels#bucket}
     * @param count how many of them count
     * @param column the first of x
     * @param other the first of x'
     */
    Operands.Operand multiply(
            Worker worker, String name, int rows, int count, Operands.Operand x, int column, int other);

    /**
     * One after the other.
     *
     * @param gate A
     * @param value B
     */
    record Apart(FineLinear gate, FineLinear value, Operands operands) implements GatedLinear {
        public Apart {
            requireNonNull(gate, "gate is null");
            requireNonNull(value, "value is null");
            requireNonNull(operands, "operands is null");
        }

        @Override
        public Operands.Operand multiply(
                Worker worker, String name, int rows, int count, Operands.Operand x, int column, int other) {
            int out = gate.out();
            var gates = worker.matrix("mlp.gate", DType.F32, rows, out);
            var gated = worker.matrix("mlp.gated", DType.F32, rows, out);
            gate.multiply(worker, rows, x, column, gates, 0, PlanSpec.Combine.GELU, 0);
            value.multiply(worker, rows, x, other, gated, 0, PlanSpec.Combine.TIMES, gates.address(0));
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
                Worker worker, String name, int rows, int count, Operands.Operand x, int column, int other) {
            var results = Operands.tiles(worker, name, rows, weights.out());
            weights.multiply(worker, count, x.x(), column, other, scales(x), results.x(), scales(results));
            return results;
        }

        private static MemorySegment scales(Operands.Operand rows) {
            return requireNonNull(rows.scales(), "no scales");
        }
    }
}
