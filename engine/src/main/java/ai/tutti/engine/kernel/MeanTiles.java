package ai.tutti.engine.kernel;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A linear layer's weights in bf16, and what bf16 leaves of them in bytes, each output's with a scale: {@code W = V + s R}. With rows
 * whose mean is m,
 *
 * <pre>
 * x Wᵀ + b  ~  bf16(x) Vᵀ + (b + m (s R)ᵀ)
 * </pre>
 *
 * is wrong by what is rounded off the weights only as far as a row differs from the mean. That is what counts where rows are alike,
 * as they are where a text is padded: there the same error at every position would add up.
 *
 * @param weights V
 * @param rests R
 * @param scales s, f32 {@code [out]}
 */
public record MeanTiles(TileWeights weights, TileWeights rests, MemorySegment scales) {
    /** Outputs come in panels of so many. */
    public static final int PANEL = ProductCode.PANEL;

    private static final float MOST = Byte.MAX_VALUE;

    public MeanTiles {
        requireNonNull(weights, "weights is null");
        requireNonNull(rests, "rests is null");
        requireNonNull(scales, "scales is null");
    }

    static MeanTiles of(float[] weight, int in, Arena owner) {
        int out = weight.length / in;
        var scales = owner.allocate((long) out * Float.BYTES, 64);
        try (var weights = new TilePacking(in, out, DType.BF16, owner);
                var rests = new TilePacking(in, out, DType.I8, owner)) {
            var row = new float[in];
            for (int output = 0; output < out; output++) {
                weights.put(output, weight, output * in, 1);
                for (int i = 0; i < in; i++) {
                    float value = weight[output * in + i];
                    row[i] = value - Floats.fromBf16(Floats.toBf16(value));
                }
                scales.setAtIndex(ValueLayout.JAVA_FLOAT, output, codes(row));
                rests.put(output, row, 0, 1);
            }
            return new MeanTiles(weights.packed(), rests.packed(), scales);
        }
    }

    /** Makes whole numbers of at most 127 of some, and says what a one stands for. */
    private static float codes(float[] values) {
        float most = Float.MIN_NORMAL;
        for (float value : values) {
            most = Math.max(most, Math.abs(value));
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.round(values[i] / most * MOST);
        }
        return most / MOST;
    }

    /** Outputs. */
    public int out() {
        return weights.out();
    }

    /** Native memory that they take. */
    public long bytes() {
        return weights.bytes() + rests.bytes() + scales.byteSize();
    }

    /** The weights of some outputs, both multiples of {@link #PANEL}. */
    public MeanTiles slice(int first, int count) {
        return new MeanTiles(
                weights.slice(first / PANEL, count / PANEL),
                rests.slice(first / PANEL, count / PANEL),
                scales.asSlice((long) first * Float.BYTES, (long) count * Float.BYTES));
    }

    /** Bytes that a mean of so many columns takes. */
    public static int meanBytes(int columns) {
        return columns + Float.BYTES;
    }

    /**
     * Normed rows as {@link #multiply} takes them, and in blocks of channels; see {@link RowLoops#norm}.
     *
     * @param x f32, {@code [count, columns]} or wider
     * @param scale f32, {@code [columns]}
     * @param shift likewise
     * @param blocks where the normed rows go, from position {@code first} on
     * @param to bf16, {@code [count, columns]}, whole tiles of rows
     * @param mean where the rows' mean goes, {@link #meanBytes}
     */
    public static void norm(
            Worker worker,
            Matrix x,
            MemorySegment scale,
            MemorySegment shift,
            float epsilon,
            int count,
            Blocks blocks,
            int first,
            Matrix to,
            MemorySegment mean) {
        var totals = worker.matrix("mean.totals", DType.F32, 1, to.columns());
        totals.clear(0, 1);
        worker.layerNorm(
                x, count, scale, shift, epsilon, to, blocks, first, totals.data());
        mean(totals.data(), to.columns(), count, mean);
    }

    /**
     * The mean of some rows.
     *
     * @param totals their sum, f32 {@code [columns]}
     * @param mean codes, and what a one stands for
     */
    static void mean(MemorySegment totals, int columns, int count, MemorySegment mean) {
        var values = new float[columns];
        MemorySegment.copy(totals, ValueLayout.JAVA_FLOAT, 0, values, 0, columns);
        float scale = codes(values);
        for (int i = 0; i < columns; i++) {
            mean.set(ValueLayout.JAVA_BYTE, i, (byte) values[i]);
        }
        mean.set(ValueLayout.JAVA_FLOAT, columns, scale / count);
    }

    /**
     * A product over rows of bf16.
     *
     * @param rows how many; computed and written are whole tiles of 16
     * @param x rows in tiles: for each 16 and each 32 columns, what lies together in a tile's register
     * @param mean of the rows
     * @param bias f32, {@code [out]}
     * @param y address of the first result, f32
     * @param columns numbers from one row of y to the next
     */
    public void multiply(Worker worker, int rows, Matrix x, MemorySegment mean, MemorySegment bias, long y, int columns) {
        worker.multiply(
                new MeanProductCode.Shape(weights.in(), columns * Float.BYTES),
                x.address(0),
                (rows + MeanProductCode.ROWS - 1) / MeanProductCode.ROWS,
                weights.data().address(),
                rests.data().address(),
                scales.address(),
                mean.address(),
                bias.address(),
                y,
                weights.panels());
    }
}
