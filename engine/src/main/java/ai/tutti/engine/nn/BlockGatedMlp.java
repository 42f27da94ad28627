package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.WholeWeights;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.util.ArrayList;
import java.util.List;

/**
 * A gated feed-forward layer of block-diagonal matrices (Fu et al., 2023, arXiv:2310.12109):
 * {@code y += BD(gelu(g[:, :I]) * g[:, I:]; B) + b} with {@code g = BD(x; A)}, {@code BD(x; W)[k q + a] = Σ W[k, a, b] x[k p + b]}.
 * Block k of A makes I / (n / 2) columns of g, so it is gated by block k + n / 2 and feeds blocks 2 k and 2 k + 1 of B: of the
 * wide [tokens, 2 I] only two blocks' columns exist at a time.
 */
public final class BlockGatedMlp {
    private final List<WholeWeights> up;
    private final List<Linear> down;
    private final int in;
    private final Operands operands;
    private final int out;

    private BlockGatedMlp(List<WholeWeights> up, List<Linear> down, int in, int out, Operands operands) {
        this.up = up;
        this.down = down;
        this.in = in;
        this.out = out;
        this.operands = operands;
    }

    /**
     * Reads the layer {@code name.gated_layers.weight [blocks, 2 * wide / blocks, hidden / blocks]},
     * {@code name.wo.weight [blocks, hidden / blocks, wide / blocks]}, {@code name.wo.bias [hidden]}.
     *
     * @param blocks even; divides hidden and wide
     * @throws ModelLoadException for tensors of other shapes
     */
    public static BlockGatedMlp read(
            Weights weights, Operands operands, String name, int hidden, int wide, int blocks) {
        int in = hidden / blocks;
        int out = 2 * wide / blocks;
        var a = weights.floats(name + ".gated_layers.weight", blocks, out, in);
        var b = weights.floats(name + ".wo.weight", blocks, in, out / 2);
        var bias = weights.floats(name + ".wo.bias", hidden);
        var up = new ArrayList<WholeWeights>();
        var down = new ArrayList<Linear>();
        for (int k = 0; k < blocks; k++) {
            up.add(operands.pack(weights, cut(a, k, out * in), in, new float[out]).whole());
            down.add(operands.pack(weights, cut(b, k, in * out / 2), out / 2, cut(bias, k, in)));
        }
        return new BlockGatedMlp(up, down, in, out, operands);
    }

    private static float[] cut(float[] values, int part, int size) {
        return java.util.Arrays.copyOfRange(values, part * size, (part + 1) * size);
    }

    /**
     * Adds the layer's result to y.
     *
     * @param x f32, of y's width; not y itself
     * @param y f32
     */
    public void addTo(Worker worker, int rows, Matrix x, Matrix y) {
        requireNonNull(x, "x is null");
        int planned = Kernels.bucket(rows);
        int pairs = up.size() / 2;
        var gelu = worker.matrix("gelu", DType.F32, planned, out);
        var gated = worker.matrix("gated", DType.F32, planned, out);
        for (int k = 0; k < pairs; k++) {
            up(worker, rows, planned, x, k, gelu, PlanSpec.Combine.GELU, 0);
            up(worker, rows, planned, x, k + pairs, gated, PlanSpec.Combine.TIMES, gelu.address(0));
            for (int j = 2 * k; j < 2 * k + 2; j++) {
                int column = j % 2 * (out / 2);
                var half = operands.of(worker, "gated.parts", gated, column, out / 2, rows);
                var linear = down.get(j);
                part(
                        worker,
                        planned,
                        half,
                        operands.column(column),
                        linear.whole(),
                        y,
                        j * in,
                        PlanSpec.Combine.ADD,
                        linear.bias().address());
            }
        }
    }

    private void up(
            Worker worker, int rows, int planned, Matrix x, int block, Matrix y, PlanSpec.Combine combine, long factor) {
        var columns = operands.of(worker, "mlp.parts", x, block * in, in, rows);
        part(worker, planned, columns, operands.column(block * in), up.get(block), y, 0, combine, factor);
    }

    private static void part(
            Worker worker,
            int rows,
            Matrix x,
            int column,
            WholeWeights weights,
            Matrix y,
            int target,
            PlanSpec.Combine combine,
            long other) {
        var spec = new PlanSpec.Part(rows, weights.layout(), x.dtype(), x.columns(), y.dtype(), y.columns(), combine);
        worker.part(
                spec,
                x.address(0) + (long) column * x.dtype().bytes(),
                weights,
                y.address(0) + (long) target * y.dtype().bytes(),
                other);
    }
}
