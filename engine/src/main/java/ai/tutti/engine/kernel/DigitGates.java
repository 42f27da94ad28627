package ai.tutti.engine.kernel;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Weights of two linear layers whose results become one: {@code gelu(x Aᵀ) * (x' Bᵀ)}, x and x' two blocks of the same rows of
 * digits. See {@link DigitGateCode}.
 *
 * @param both 16 outputs of A, 16 of B, and so on
 * @param share one f32: what a row's scale is of the product of both blocks' norms
 */
public record DigitGates(DigitTiles both, MemorySegment share) {
    public DigitGates {
        requireNonNull(both, "both is null");
        requireNonNull(share, "share is null");
    }

    static DigitGates of(float[] gate, float[] value, int in, Arena owner) {
        int each = DigitTiles.COLUMNS * in;
        var both = new float[2 * gate.length];
        for (int from = 0; from < gate.length; from += each) {
            System.arraycopy(gate, from, both, 2 * from, each);
            System.arraycopy(value, from, both, 2 * from + each, each);
        }
        double most = 0;
        for (int row = 0; row < gate.length; row += in) {
            most = Math.max(most, norm(gate, row, in) * norm(value, row, in));
        }
        var share = owner.allocate(Float.BYTES, 64);
        share.set(ValueLayout.JAVA_FLOAT, 0, DigitGateCode.share(most));
        return new DigitGates(DigitTiles.of(both, in, DigitTiles.Order.SPLIT, owner), share);
    }

    private static double norm(float[] values, int from, int count) {
        double sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += (double) values[i] * values[i];
        }
        return Math.sqrt(sum);
    }

    /** How many results there are for a row. */
    public int out() {
        return both.out() / 2;
    }

    /**
     * The results as rows of digits, for {@linkplain DigitTiles.Order#PLAIN weights in their own order}.
     *
     * @param rows how many; computed and written are whole tiles of {@link DigitTiles#ROWS}
     * @param x rows of digits, in tiles, {@code [rows, 2 * blocks * in]}
     * @param block which of its blocks A reads
     * @param other which B reads
     * @param xScales as {@link DigitTiles#splitWithNorms} leaves them
     * @param norms likewise
     * @param to {@code [rows, 2 * out]}, whole tiles of rows
     * @param scales f32, {@code [rows]}: where each row's scale is written
     */
    public void multiply(
            Worker worker,
            int rows,
            Matrix x,
            int block,
            int other,
            MemorySegment xScales,
            MemorySegment norms,
            Matrix to,
            MemorySegment scales) {
        int blocks = x.columns() / 2 / both.in();
        int tiles = (rows + DigitTiles.ROWS - 1) / DigitTiles.ROWS;
        int done = 0;
        for (int at : new int[] {DigitSums.MOST_TILES, 1}) {
            int times = (tiles - done) / at;
            if (times > 0) {
                int row = done * DigitTiles.ROWS;
                long line = (long) row * Float.BYTES;
                worker.gate(
                        new DigitGateCode.Shape(both.in(), out(), blocks, at),
                        x.address(row),
                        2L * DigitTiles.ROWS * both.in(),
                        block,
                        other,
                        xScales.address() + line,
                        norms.address() + line * blocks,
                        this,
                        to.address(row),
                        scales.address() + line,
                        times);
                done += times * at;
            }
        }
    }
}
