package ai.tutti.engine.tensor;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;

/**
 * A dense, row-major matrix in native memory: a view, owned by whoever allocated {@code data}.
 *
 * @param data at least {@code rows * columns} numbers
 * @param dtype how a number is stored
 * @param rows how many rows may be touched
 * @param columns numbers a row
 */
public record Matrix(MemorySegment data, DType dtype, int rows, int columns) {
    public Matrix {
        requireNonNull(dtype, "dtype is null");
        if (data.byteSize() < (long) rows * columns * dtype.bytes()) {
            throw new IllegalArgumentException(
                    "%d bytes are too few for [%d, %d] %s".formatted(data.byteSize(), rows, columns, dtype));
        }
    }

    /** The native address of the first number of a row. */
    public long address(int row) {
        return data.address() + (long) row * rowBytes();
    }

    /** The size of one row in bytes. */
    public long rowBytes() {
        return (long) columns * dtype.bytes();
    }

    /** The same matrix without its first rows. */
    public Matrix from(int row) {
        return new Matrix(data.asSlice(row * rowBytes()), dtype, rows - row, columns);
    }

    /** Sets the rows from {@code from} (inclusive) to {@code to} (exclusive) to zero. */
    public void clear(int from, int to) {
        data.asSlice(from * rowBytes(), (to - from) * rowBytes()).fill((byte) 0);
    }

    /** Copies rows from {@code row} on to another matrix of the same type and width. */
    public void copyRows(int row, Matrix target, int targetRow, int count) {
        MemorySegment.copy(data, row * rowBytes(), target.data, targetRow * rowBytes(), count * rowBytes());
    }

    /** Copies one row of another matrix of the same type and width here. */
    public void copyRow(Matrix source, int sourceRow, int row) {
        MemorySegment.copy(source.data, sourceRow * rowBytes(), data, row * rowBytes(), rowBytes());
    }
}
