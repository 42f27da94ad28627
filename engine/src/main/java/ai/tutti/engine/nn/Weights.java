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
import java.util.Arrays;
import java.util.List;

/**
 * Reads layers out of a checkpoint, packed for this CPU. Every number is looked at once: weights that are not finite are
 * refused by name.
 */
public final class Weights {
    private static final int MOST_NUMBERS = Integer.MAX_VALUE - 8; // the longest array
    private static final int BLOCK = 1 << 20;

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

    /** The layer {@code name.weight [out, in]}; without {@code bias} that is 0. */
    public Linear linear(String name, int in, int out, boolean bias) {
        return pack(floats(name + ".weight", out, in), in, bias(name, out, bias), products);
    }

    /** As {@link #linear(String, int, int, boolean)}, with f32 products whatever the precision. */
    public Linear exactLinear(String name, int in, int out, boolean bias) {
        return pack(floats(name + ".weight", out, in), in, bias(name, out, bias), DType.F32);
    }

    /**
     * Layers of one input that are stored as one: {@code name.weight [parts * out, in]}.
     *
     * @param name of the tensors, without {@code .weight} and {@code .bias}
     * @param parts how many layers
     * @param in numbers that go in
     * @param out numbers that come out of each part
     * @param bias whether there is {@code name.bias [parts * out]}; without it that is 0
     */
    public record Fused(String name, int parts, int in, int out, boolean bias) {}

    /**
     * Some neighbouring parts of a fused layer as one layer.
     *
     * @param from the first part
     * @param to the part behind the last
     * @param firstScale the first of these parts' weight and bias are multiplied by it
     */
    public Linear parts(Fused fused, int from, int to, float firstScale) {
        int in = fused.in();
        int out = fused.out();
        var all = floats(fused.name() + ".weight", (long) fused.parts() * out, in);
        var allBias = bias(fused.name(), fused.parts() * out, fused.bias());
        var weight = Arrays.copyOfRange(all, from * out * in, to * out * in);
        var shift = Arrays.copyOfRange(allBias, from * out, to * out);
        scale(weight, out * in, firstScale);
        scale(shift, out, firstScale);
        return pack(weight, in, shift, products);
    }

    private float[] bias(String name, int out, boolean stored) {
        return stored ? floats(name + ".bias", out) : new float[out];
    }

    /**
     * Several layers of one input as one: their results side by side, {@code [rows, names * out]}.
     *
     * @param firstScale the first layer's weight and bias are multiplied by it
     */
    public Linear stacked(List<String> names, int in, int out, float firstScale) {
        var weight = stack(names, ".weight", out, in);
        var bias = stack(names, ".bias", out);
        scale(weight, out * in, firstScale);
        scale(bias, out, firstScale);
        return pack(weight, in, bias, products);
    }

    private Linear pack(float[] weight, int in, float[] bias, DType dtype) {
        try (var scratch = Arena.ofConfined()) {
            var dense = scratch.allocateFrom(ValueLayout.JAVA_FLOAT, weight);
            var packed = kernels.pack(dense, bias.length, in, dtype, arena);
            bytes += packed.data().byteSize();
            return new Linear(packed, vector(bias));
        }
    }

    /** The layer {@code name.weight}, {@code name.bias}, both {@code [columns]}. */
    public LayerNorm layerNorm(String name, int columns, float epsilon) {
        return layerNorm(name, columns, epsilon, true);
    }

    /** As {@link #layerNorm(String, int, float)}; without {@code bias} that is 0. */
    public LayerNorm layerNorm(String name, int columns, float epsilon, boolean bias) {
        return new LayerNorm(vector(floats(name + ".weight", columns)), vector(bias(name, columns, bias)), epsilon);
    }

    /** The table {@code name [entries, columns]}; read in blocks, since it may be larger than all layers together. */
    public Table table(String name, int entries, int columns) {
        var tensor = checkpoint.require(name, entries, columns);
        var memory = memory((long) entries * columns);
        int rows = Math.clamp(BLOCK / Math.max(1, columns), 1, Math.max(1, entries));
        var block = new float[rows * columns];
        for (int first = 0; first < entries; first += rows) {
            int count = Math.min(rows, entries - first);
            read(tensor, first, count, block, 0);
            MemorySegment.copy(
                    block, 0, memory, ValueLayout.JAVA_FLOAT, (long) first * columns * Float.BYTES, count * columns);
        }
        return new Table(new Matrix(memory, DType.F32, entries, columns));
    }

    /** A table of numbers that the caller has made, {@code [entries, columns]}. */
    public Table table(float[] values, int entries, int columns) {
        return new Table(new Matrix(vector(values), DType.F32, entries, columns));
    }

    /** A tensor's numbers, row-major; of one dimension or two. */
    public float[] floats(String name, long... shape) {
        return stack(List.of(name), "", shape);
    }

    /** Tensors of one shape, one behind another. Their room is taken once they are found: a configuration may lie. */
    private float[] stack(List<String> names, String suffix, long... shape) {
        var tensors = names.stream()
                .map(name -> checkpoint.require(name + suffix, shape))
                .toList();
        var values = new float[room(tensors)];
        int size = values.length / tensors.size();
        for (int i = 0; i < tensors.size(); i++) {
            read(tensors.get(i), 0, rows(tensors.get(i)), values, i * size);
        }
        return values;
    }

    private static int room(List<StoredTensor> tensors) {
        var first = tensors.getFirst();
        long numbers = tensors.size();
        for (long dimension : first.shape()) {
            numbers *= dimension;
        }
        if (numbers > MOST_NUMBERS) {
            throw new ModelLoadException("%s: tensor %s has shape %s; layers of more than %,d numbers cannot be served"
                    .formatted(first.file(), first.name(), Arrays.toString(first.shape()), MOST_NUMBERS));
        }
        return (int) numbers;
    }

    private MemorySegment vector(float[] values) {
        var memory = memory(values.length);
        MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
        return memory;
    }

    private MemorySegment memory(long numbers) {
        var memory = arena.allocate(numbers * Float.BYTES, 64);
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

    private static int rows(StoredTensor tensor) {
        return tensor.shape().length == 2 ? (int) tensor.shape()[0] : 1;
    }

    /** Reads some rows, along whichever dimension is contiguous in the file. */
    private static void read(StoredTensor tensor, int first, int rows, float[] target, int offset) {
        if (!Floats.readable(tensor.dtype())) {
            throw new ModelLoadException("%s: tensor %s is stored as %s, which cannot be served: take the folder with the"
                            .formatted(tensor.file(), tensor.name(), tensor.dtype())
                    + " model's weights as F32, F16 or BF16");
        }
        long[] shape = tensor.shape();
        int columns = (int) shape[shape.length - 1];
        long columnStride = tensor.strides()[shape.length - 1];
        long rowStride = shape.length == 2 ? tensor.strides()[0] : 0;
        long start = first * rowStride;
        if (columnStride == 1 || rows == 1) {
            for (int row = 0; row < rows; row++) {
                int place = offset + row * columns;
                Floats.read(tensor.data(), tensor.dtype(), start + row * rowStride, columnStride, target, place, columns);
            }
        } else {
            var line = new float[rows];
            for (int column = 0; column < columns; column++) {
                Floats.read(tensor.data(), tensor.dtype(), start + column * columnStride, rowStride, line, 0, rows);
                for (int row = 0; row < rows; row++) {
                    target[offset + row * columns + column] = line[row];
                }
            }
        }
        for (int i = 0; i < rows * columns; i++) {
            if (!Float.isFinite(target[offset + i])) {
                throw new ModelLoadException("%s: tensor %s holds %s at place %d; the file is damaged"
                        .formatted(tensor.file(), tensor.name(), target[offset + i], (long) first * columns + i));
            }
        }
    }
}
