package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.checkpoint.StoredTensor;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import ai.tutti.engine.tensor.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Reads layers out of a checkpoint, packed for this CPU. Every number is looked at once: weights that are not finite are refused
 * by name.
 */
public final class Weights {
    private final Checkpoint checkpoint;
    private final Kernels kernels;
    private final Arena arena;
    private final DType products;
    private long bytes;

    /**
     * @param arena owns what is read; the checkpoint may be closed afterwards
     * @param precision of the products
     */
    public Weights(Checkpoint checkpoint, Kernels kernels, Arena arena, Precision precision) {
        this.checkpoint = requireNonNull(checkpoint, "checkpoint is null");
        this.kernels = requireNonNull(kernels, "kernels is null");
        this.arena = requireNonNull(arena, "arena is null");
        this.products =
                switch (precision) {
                    case F32 -> DType.F32;
                    case BF16 -> DType.BF16;
                };
    }

    /** The type of the products' operands. */
    public DType products() {
        return products;
    }

    /** Native memory that has been read so far, in bytes. */
    public long bytes() {
        return bytes;
    }

    /** The layer {@code name.weight [out, in]}, {@code name.bias [out]}. */
    public Linear linear(String name, int in, int out) {
        return stacked(List.of(name), in, out, 1f);
    }

    /**
     * Several layers of one input as one: their results side by side, {@code [rows, names * out]}.
     *
     * @param firstScale the first layer's weight and bias are multiplied by it
     */
    public Linear stacked(List<String> names, int in, int out, float firstScale) {
        var weight = new float[names.size() * out * in];
        var bias = new float[names.size() * out];
        for (int i = 0; i < names.size(); i++) {
            read(checkpoint.require(names.get(i) + ".weight", out, in), weight, i * out * in);
            read(checkpoint.require(names.get(i) + ".bias", out), bias, i * out);
        }
        scale(weight, out * in, firstScale);
        scale(bias, out, firstScale);
        try (var scratch = Arena.ofConfined()) {
            var dense = scratch.allocateFrom(ValueLayout.JAVA_FLOAT, weight);
            var packed = kernels.pack(dense, names.size() * out, in, products, arena);
            bytes += packed.data().byteSize();
            return new Linear(packed, vector(bias));
        }
    }

    /** The layer {@code name.weight}, {@code name.bias}, both {@code [columns]}. */
    public LayerNorm layerNorm(String name, int columns, float epsilon) {
        return new LayerNorm(
                vector(floats(name + ".weight", columns)), vector(floats(name + ".bias", columns)), epsilon);
    }

    /** The table {@code name [entries, columns]}. */
    public Table table(String name, int entries, int columns) {
        return table(floats(name, entries, columns), entries, columns);
    }

    /** A table of numbers that the caller has made, {@code [entries, columns]}. */
    public Table table(float[] values, int entries, int columns) {
        return new Table(new Matrix(vector(values), DType.F32, entries, columns));
    }

    /** A tensor's numbers, row-major. */
    public float[] floats(String name, int... shape) {
        long[] dimensions = new long[shape.length];
        int count = 1;
        for (int i = 0; i < shape.length; i++) {
            dimensions[i] = shape[i];
            count = Math.multiplyExact(count, shape[i]);
        }
        var values = new float[count];
        read(checkpoint.require(name, dimensions), values, 0);
        return values;
    }

    private MemorySegment vector(float[] values) {
        var memory = arena.allocate((long) values.length * Float.BYTES, 64);
        MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
        bytes += memory.byteSize();
        return memory;
    }

    private static void scale(float[] values, int count, float factor) {
        if (factor != 1f) {
            for (int i = 0; i < count; i++) {
                values[i] *= factor;
            }
        }
    }

    /** Reads along whichever dimension is contiguous in the file. */
    private static void read(StoredTensor tensor, float[] target, int offset) {
        long[] shape = tensor.shape();
        int rows = shape.length == 2 ? (int) shape[0] : 1;
        int columns = (int) shape[shape.length - 1];
        long columnStride = tensor.strides()[shape.length - 1];
        long rowStride = shape.length == 2 ? tensor.strides()[0] : 0;
        if (columnStride == 1 || rows == 1) {
            for (int row = 0; row < rows; row++) {
                Floats.read(
                        tensor.data(), tensor.dtype(), row * rowStride, columnStride, target, offset + row * columns, columns);
            }
        } else {
            var line = new float[rows];
            for (int column = 0; column < columns; column++) {
                Floats.read(tensor.data(), tensor.dtype(), column * columnStride, rowStride, line, 0, rows);
                for (int row = 0; row < rows; row++) {
                    target[offset + row * columns + column] = line[row];
                }
            }
        }
        requireFinite(tensor, target, offset, rows * columns);
    }

    private static void requireFinite(StoredTensor tensor, float[] values, int offset, int count) {
        for (int i = offset; i < offset + count; i++) {
            if (!Float.isFinite(values[i])) {
                throw new ModelLoadException("%s: tensor %s holds %s at place %d; the file is damaged"
                        .formatted(tensor.file(), tensor.name(), values[i], i - offset));
            }
        }
    }
}
