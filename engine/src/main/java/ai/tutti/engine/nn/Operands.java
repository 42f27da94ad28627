package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.RowLoops;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;

/**
 * Products in f32, or in bf16 of numbers that are each the sum of two: {@code x = h + l} with h the nearest bf16 and l the
 * nearest to what is left, 16 bits of the 24 that x has. {@code x w = h h' + l h' + h l'} is one product of bf16 three times as
 * deep, {@code [h | l | h]} by {@code [h' | h' | l']}, summed in f32; what is left out, {@code l l'}, is 2^-16 of it. For models
 * in which bf16's 2^-9 grows too large, where bf16 is at least three times as fast as f32 (AMX: ten times).
 */
public final class Operands {
    private static final int PARTS = 3;

    private final DType type;

    /** @param type of the products: f32, or bf16 in sums of two */
    public Operands(DType type) {
        this.type = type;
    }

    /** A layer {@code [bias.length, in]}. */
    public Linear pack(Weights weights, float[] weight, int in, float[] bias) {
        if (type == DType.F32) {
            return weights.pack(weight, in, bias, type);
        }
        var parts = new float[weight.length * PARTS];
        for (int i = 0; i < weight.length; i++) {
            int place = i / in * in * PARTS + i % in;
            float high = RowLoops.nearest(weight[i]);
            parts[place] = high;
            parts[place + in] = high;
            parts[place + 2 * in] = RowLoops.nearest(weight[i] - high);
        }
        return weights.pack(parts, PARTS * in, bias, type);
    }

    /**
     * Some columns of x as a product takes them.
     *
     * @param name of working memory, for what is made
     * @param x f32
     * @return x itself, or the parts of its columns side by side
     */
    public Matrix of(Worker worker, String name, Matrix x, int column, int columns, int count) {
        if (type == DType.F32) {
            return x;
        }
        var parts = worker.matrix(name, type, x.rows(), PARTS * columns);
        RowLoops.split(x, column, columns, count, parts);
        return parts;
    }

    /** Where in {@link #of}'s result the column begins. */
    public int column(int column) {
        return type == DType.F32 ? column : 0;
    }
}
