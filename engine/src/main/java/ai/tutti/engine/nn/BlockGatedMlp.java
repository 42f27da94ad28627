package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A gated feed-forward layer of block-diagonal matrices (Fu et al., 2023, arXiv:2310.12109):
 * {@code x += BD(gelu(g[:, :I]) * g[:, I:]; B) + b} with {@code g = BD(x; A)}, {@code BD(x; W)[k q + a] = Σ W[k, a, b] x[k p + b]}.
 * Block j of B reads columns [j q, (j + 1) q) of what is I wide, q = I / n: half a block of A makes them, and half a block its
 * gate. So of the wide [tokens, 2 I] only 2 q columns exist at a time, and stay in the cache. With many rows a block's weights
 * stay there, too, while the rows go by some at a time.
 */
public final class BlockGatedMlp {
    /** Rows at a time where products are tiled; with another number results may differ in their last bits. */
    private static final int ROWS = 256;

    private final List<GatedLinear> gated;
    private final List<FineLinear> down;
    private final int in;
    private final Operands operands;

    private BlockGatedMlp(List<GatedLinear> gated, List<FineLinear> down, int in, Operands operands) {
        this.gated = gated;
        this.down = down;
        this.in = in;
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
        int part = wide / blocks;
        var a = weights.floats(name + ".gated_layers.weight", blocks, 2L * part, in);
        var b = weights.floats(name + ".wo.weight", blocks, in, part);
        var bias = weights.floats(name + ".wo.bias", hidden);
        var gated = new ArrayList<GatedLinear>();
        var down = new ArrayList<FineLinear>();
        for (int j = 0; j < blocks; j++) {
            gated.add(operands.packGated(weights, cut(a, j, part * in), cut(a, blocks + j, part * in), in));
            down.add(operands.packForGated(weights, cut(b, j, in * part), part, cut(bias, j, in)));
        }
        return new BlockGatedMlp(gated, down, in, operands);
    }

    private static float[] cut(float[] values, int part, int size) {
        return Arrays.copyOfRange(values, part * size, (part + 1) * size);
    }

    /**
     * Adds the layer's result for x to x.
     *
     * @param x f32
     */
    public void addTo(Worker worker, int rows, Matrix x) {
        requireNonNull(x, "x is null");
        int blocks = down.size();
        int most = operands.tiled() ? ROWS : rows;
        var source = operands.kept(worker, "mlp.source", x, blocks, in, rows);
        for (int j = 0; j < blocks; j++) {
            for (int first = 0; first < rows; first += most) {
                add(worker, j, source.from(first), Math.min(most, rows - first), x.from(first));
            }
        }
    }

    private void add(Worker worker, int j, Operands.Operand source, int rows, Matrix x) {
        int planned = Kernels.bucket(rows);
        int block = j / 2;
        var wide = gated.get(j).multiply(worker, "mlp.wide", planned, rows, source, block, block + down.size() / 2);
        down.get(j).multiply(worker, planned, wide, 0, x, j * in, true);
    }
}
