package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Halves;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An embedding table, {@code [entries, columns]}; its rows are read as f32.
 *
 * @param matrix the rows
 */
public record Table(Matrix matrix) {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    public Table {
        requireNonNull(matrix, "matrix is null");
        if (matrix.dtype() != DType.F32 && !Floats.isHalf(matrix.dtype())) {
            throw new IllegalArgumentException("a table is not " + matrix.dtype());
        }
    }

    /** Writes one row into a row of {@code target}. */
    public void read(int entry, Matrix target, int row) {
        if (matrix.dtype() == DType.F32) {
            target.copyRow(matrix, entry, row);
        } else {
            int columns = matrix.columns();
            Halves.widen(
                    matrix.data(), (long) entry * columns, matrix.dtype(), target.data(), (long) row * columns, columns);
        }
    }

    /** Writes the sum of one row of this and one row of another table, both in f32, into a row of {@code target}. */
    public void sum(int entry, Table other, int otherEntry, Matrix target, int row) {
        if (matrix.dtype() != DType.F32 || other.matrix.dtype() != DType.F32) {
            throw new IllegalArgumentException("tables of two bytes are not summed");
        }
        int columns = matrix.columns();
        MemorySegment a = matrix.data();
        MemorySegment b = other.matrix.data();
        MemorySegment t = target.data();
        long fromA = (long) entry * columns * Float.BYTES;
        long fromB = (long) otherEntry * columns * Float.BYTES;
        long to = (long) row * columns * Float.BYTES;
        for (long i = 0; i < (long) columns * Float.BYTES; i += Float.BYTES) {
            t.set(F32, to + i, a.get(F32, fromA + i) + b.get(F32, fromB + i));
        }
    }
}
