package ai.tutti.engine.kernel;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Weights of two linear layers whose results become one: {@code gelu(x Aᵀ) * (x' Bᵀ)}, x and x' some columns of the same rows of
 * digits. See {@link DigitGateCode}.
 *
 * @param both 16 outputs of A, 16 of B, and so on
 */
public record DigitGates(DigitTiles both) {
    /** Rows whose results exist in f32 at a time. */
    private static final int ROWS_AT_ONCE = 64;

    public DigitGates {
        requireNonNull(both, "both is null");
    }

    static DigitGates of(float[] gate, float[] value, int in, Arena owner) {
        int each = DigitTiles.COLUMNS * in;
        var both = new float[2 * gate.length];
        for (int from = 0; from < gate.length; from += each) {
            System.arraycopy(gate, from, both, 2 * from, each);
            System.arraycopy(value, from, both, 2 * from + each, each);
        }
        return new DigitGates(DigitTiles.of(both, in, owner));
    }

    /** How many results there are for a row. */
    public int out() {
        return both.out() / 2;
    }

    /**
     * The results as rows of digits.
     *
     * @param rows how many; computed and written are whole tiles of {@link DigitTiles#ROWS}
     * @param x rows of digits, in tiles
     * @param column the first of them that A reads; a multiple of 64
     * @param other the first of them that B reads
     * @param xScales as {@link DigitTiles#split} leaves them
     * @param to {@code [rows, 2 * out]}, whole tiles of rows
     * @param scales f32, {@code [rows]}: where each row's scale is written
     */
    public void multiply(
            Worker worker, int rows, Matrix x, int column, int other, MemorySegment xScales, Matrix to, MemorySegment scales) {
        int tiles = (rows + DigitTiles.ROWS - 1) / DigitTiles.ROWS;
        var results = worker.matrix("digits.gated", DType.F32, ROWS_AT_ONCE, out());
        for (int first = 0; first < tiles * DigitTiles.ROWS; first += ROWS_AT_ONCE) {
            int count = Math.min(ROWS_AT_ONCE, tiles * DigitTiles.ROWS - first);
            multiply(worker, count / DigitTiles.ROWS, x.from(first), column, other, xScales.asSlice((long) first * Float.BYTES), results);
            DigitTiles.split(worker, results, count, to.from(first), scales.asSlice((long) first * Float.BYTES));
        }
    }

    private void multiply(
            Worker worker, int tiles, Matrix x, int column, int other, MemorySegment xScales, Matrix results) {
        int stride = DigitTiles.ROWS * x.columns();
        int done = 0;
        for (int at : new int[] {DigitSums.MOST_TILES, 1}) {
            int times = (tiles - done) / at;
            if (times > 0) {
                int row = done * DigitTiles.ROWS;
                long digits = x.address(row);
                worker.gate(
                        new DigitGateCode.Shape(both.in(), out(), stride, (int) results.rowBytes(), at),
                        digits + 2L * DigitTiles.ROWS * column,
                        digits + 2L * DigitTiles.ROWS * other,
                        xScales.address() + (long) row * Float.BYTES,
                        both,
                        results.address(row),
                        times);
                done += times * at;
            }
        }
    }
}
