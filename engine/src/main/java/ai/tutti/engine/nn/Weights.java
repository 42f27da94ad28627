package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.checkpoint.StoredTensor;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.CodedRows;
import ai.tutti.engine.kernel.CodedWeights;
import ai.tutti.engine.kernel.DigitGates;
import ai.tutti.engine.kernel.DigitTiles;
import ai.tutti.engine.kernel.DigitWeights;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.MeanTiles;
import ai.tutti.engine.kernel.Packing;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import ai.tutti.engine.tensor.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Reads layers out of a checkpoint, packed for this CPU. Every number is looked at once: weights that are not finite are
 * refused by name.
 */
public final class Weights {
    /** How weights are kept that a file stores in two bytes. */
    public enum Storage {
        /** As products and sums take them. */
        PACKED,
        /**
         * In the two bytes, wherever products and sums take f32: the weights of layers are unpacked block by block, the rows of
         * tables one by one. Every number is the same, so results are too. For families whose models have billions of parameters
         * (7 of them would be 28 GB in f32); a small model of such a family only gains by it, since it reads half as much memory.
         */
        COMPACT
    }

    private static final int MOST_NUMBERS = Integer.MAX_VALUE - 8; // the longest array
    /** Numbers on the heap at a time: models are loaded beside models that work, and garbage would stop them. */
    private static final int BLOCK = 1 << 18;

    private final Checkpoint checkpoint;
    private final Kernels kernels;
    private final Arena arena;
    private final DType products;
    private final boolean int8;
    private final Storage storage;
    private final Supplier<Tile> sample;
    private float[] block = new float[0];
    private long bytes;

    /**
     * @param arena owns what is read; the checkpoint may be closed afterwards
     * @param precision of the products
     */
    public Weights(Checkpoint checkpoint, Kernels kernels, Arena arena, Precision precision) {
        this(checkpoint, kernels, arena, precision, Storage.PACKED);
    }

    /**
     * @param arena owns what is read; the checkpoint may be closed afterwards
     * @param precision of the products
     * @param storage of what the file has in two bytes
     */
    public Weights(Checkpoint checkpoint, Kernels kernels, Arena arena, Precision precision, Storage storage) {
        this(checkpoint, kernels, arena, precision, storage, () -> {
            throw new IllegalStateException("there is no sample to calibrate by");
        });
    }

    /**
     * @param arena owns what is read; the checkpoint may be closed afterwards
     * @param precision of the products
     * @param storage of what the file has in two bytes
     * @param sample texts of every kind, for layers whose codes depend on what comes in; asked for at most once
     */
    public Weights(
            Checkpoint checkpoint,
            Kernels kernels,
            Arena arena,
            Precision precision,
            Storage storage,
            Supplier<Tile> sample) {
        this.sample = requireNonNull(sample, "sample is null");
        this.storage = requireNonNull(storage, "storage is null");
        int8 = precision == Precision.INT8;
        this.checkpoint = requireNonNull(checkpoint, "checkpoint is null");
        this.kernels = requireNonNull(kernels, "kernels is null");
        this.arena = requireNonNull(arena, "arena is null");
        this.products =
                switch (int8 ? kernels.cpu().autoPrecision() : precision) {
                    case BF16 -> DType.BF16;
                    case F32, INT8 -> DType.F32;
                };
    }

    /** The type of the products' operands. */
    public DType products() {
        return products;
    }

    /** Whether linear layers are to be of bytes ({@link CodedLinear}), weights and inputs. */
    public boolean coded() {
        return int8 && storage == Storage.PACKED;
    }

    /** Texts to calibrate by. */
    public Tile sample() {
        return sample.get();
    }

    /** The same checkpoint, read as products of {@link #products} take it, into an arena that need not live long. */
    public Weights uncoded(Arena scratch) {
        return new Weights(checkpoint, kernels, scratch, products == DType.BF16 ? Precision.BF16 : Precision.F32, storage);
    }

    /** Codes of a layer's weights, see {@link CodedRows#pack}. */
    CodedWeights code(CodedRows rows, float[] weight, int in, int zero) {
        var coded = rows.pack(weight, in, zero, arena);
        bytes += coded.bytes();
        return coded;
    }

    /** What the layers compute with. */
    public Kernels kernels() {
        return kernels;
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
        return layer(stored(name, 1, in, out), in, bias(name, out, bias), 1f, false);
    }

    /** As {@link #linear(String, int, int, boolean)}, with f32 products whatever the precision. */
    public Linear exactLinear(String name, int in, int out, boolean bias) {
        return layer(stored(name, 1, in, out), in, bias(name, out, bias), 1f, true);
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
        int out = fused.out();
        var weights = stored(fused.name(), fused.parts(), fused.in(), out).subList(from, to);
        var bias = bias(fused.name(), fused.parts() * out, fused.bias());
        return layer(weights, fused.in(), Arrays.copyOfRange(bias, from * out, to * out), firstScale, false);
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
        var weights = names.stream()
                .flatMap(name -> stored(name, 1, in, out).stream())
                .toList();
        return layer(weights, in, stack(names, ".bias", out), firstScale, false);
    }

    /** As {@link #stacked(List, int, int, float)}, to be applied with an activation or added to a residual, and nothing else. */
    public Linear stacked(List<String> names, int in, int out, float firstScale, Activation activation) {
        var weights = names.stream()
                .flatMap(name -> stored(name, 1, in, out).stream())
                .toList();
        if (kept(weights, firstScale) != products) {
            return layer(weights, in, stack(names, ".bias", out), firstScale, false);
        }
        try (var packing = kernels.packing(in, names.size() * out, products, activation, arena)) {
            return layer(weights, in, stack(names, ".bias", out), firstScale, packing);
        }
    }

    /**
     * The weights of several layers of one input, below one another: {@code [names * out, in]}.
     *
     * @param firstScale the first layer's are multiplied by it
     */
    public float[] rawWeights(List<String> names, int in, int out, float firstScale) {
        var values = stack(names, ".weight", out, in);
        scale(values, out * in, firstScale);
        return values;
    }

    /** The biases of the same layers, side by side. */
    public float[] rawBias(List<String> names, int out, float firstScale) {
        var values = stack(names, ".bias", out);
        scale(values, out, firstScale);
        return values;
    }

    /** Some rows of a stored weight. */
    private record Part(StoredTensor tensor, int first, int rows) {}

    /** The weights of layers that are stored as one. */
    private List<Part> stored(String name, int parts, int in, int out) {
        var tensor = checkpoint.require(name + ".weight", (long) parts * out, in);
        return IntStream.range(0, parts).mapToObj(i -> new Part(tensor, i * out, out)).toList();
    }

    /**
     * Weights below one another as one layer; the first and its share of the bias are multiplied by a number.
     *
     * @param exact whether products are f32 of f32 whatever the precision
     */
    private Linear layer(List<Part> weights, int in, float[] bias, float firstScale, boolean exact) {
        var dtype = exact ? DType.F32 : products;
        try (var packing = kernels.packing(in, bias.length, exact ? dtype : kept(weights, firstScale), dtype, arena)) {
            return layer(weights, in, bias, firstScale, packing);
        }
    }

    private Linear layer(List<Part> weights, int in, float[] bias, float firstScale, Packing packing) {
        scale(bias, weights.getFirst().rows(), firstScale);
        int place = 0;
        for (int first = 0; first < bias.length; first += packing.step()) {
            int count = Math.min(packing.step(), bias.length - first);
            read(weights, place, count);
            scale(block, Math.clamp(weights.getFirst().rows() - first, 0, count) * in, firstScale);
            packing.put(first, block, 0, count);
            place += count;
        }
        return linear(packing, bias);
    }

    /** What a layer's numbers become in memory. */
    private DType kept(List<Part> weights, float firstScale) {
        if (int8 && storage == Storage.COMPACT) {
            return DType.I8;
        }
        var stored = weights.getFirst().tensor().dtype();
        boolean same = weights.stream().allMatch(weight -> weight.tensor().dtype() == stored);
        boolean halves = storage == Storage.COMPACT && same && Floats.isHalf(stored) && firstScale == 1f;
        return halves && products == DType.F32 ? stored : products;
    }

    /** Reads some rows of weights below one another into the block. */
    private void read(List<Part> weights, int first, int count) {
        int row = 0;
        int done = 0;
        for (var weight : weights) {
            int from = Math.max(first + done, row);
            int rows = Math.min(first + count, row + weight.rows()) - from;
            if (rows > 0) {
                read(weight, from - row, rows, done);
                done += rows;
            }
            row += weight.rows();
        }
    }

    /** Reads some rows of a weight into the block, behind so many; their pages of the file are given back. */
    private void read(Part weight, int first, int count, int place) {
        var tensor = weight.tensor();
        int columns = (int) tensor.shape()[1];
        int room = (place + count) * columns;
        if (block.length < room) {
            block = Arrays.copyOf(block, room);
        }
        StoredNumbers.read(tensor, weight.first() + first, count, block, place * columns);
        if (tensor.data().isMapped() && tensor.strides()[0] == columns) {
            long row = (long) columns * tensor.dtype().bytes();
            tensor.data().asSlice((weight.first() + first) * row, count * row).unload();
        }
    }

    /** A layer of numbers that the caller has made: weight {@code [bias.length, in]}, products of {@code dtype}. */
    public Linear pack(float[] weight, int in, float[] bias, DType dtype) {
        try (var packing = kernels.packing(in, bias.length, dtype, dtype, arena)) {
            for (int first = 0; first < bias.length; first += packing.step()) {
                packing.put(first, weight, first * in, Math.min(packing.step(), bias.length - first));
            }
            return linear(packing, bias);
        }
    }

    /** As {@link #digits}, for machine code. */
    DigitTiles digitTiles(float[] weight, int in, DigitTiles.Order order) {
        var tiles = kernels.digitTiles(weight, in, order, arena);
        bytes += tiles.bytes();
        return tiles;
    }

    /** Weights {@code [out, in]} of two layers that the caller has made, for {@link DigitGates}. */
    DigitGates digitGates(float[] gate, float[] value, int in) {
        var gates = kernels.digitGates(gate, value, in, arena);
        bytes += gates.both().bytes();
        return gates;
    }

    /** As {@link #digitTiles}, for rows of which the mean is known. */
    MeanTiles meanTiles(float[] weight, int in) {
        var tiles = kernels.meanTiles(weight, in, arena);
        bytes += tiles.bytes();
        return tiles;
    }

    /** Weights {@code [out, in]} that the caller has made, as integers of two digits. */
    DigitWeights digits(float[] weight, int in) {
        var digits = kernels.digits(weight, in, arena);
        bytes += digits.bytes();
        return digits;
    }

    private Linear linear(Packing packing, float[] bias) {
        bytes += packing.packed().bytes();
        return new Linear(packing.packed(), vector(bias));
    }

    /** The layer {@code name.weight}, {@code name.bias}, both {@code [columns]}. */
    public LayerNorm layerNorm(String name, int columns, float epsilon) {
        return layerNorm(name, columns, epsilon, true);
    }

    /** As {@link #layerNorm(String, int, float)}; without {@code bias} that is 0. */
    public LayerNorm layerNorm(String name, int columns, float epsilon, boolean bias) {
        return new LayerNorm(vector(floats(name + ".weight", columns)), vector(bias(name, columns, bias)), epsilon);
    }

    /** The layer {@code name.weight [columns]}. */
    public RmsNorm rmsNorm(String name, int columns, float epsilon) {
        return new RmsNorm(vector(floats(name + ".weight", columns)), epsilon);
    }

    /** The table {@code name [entries, columns]}. */
    public Table table(String name, int entries, int columns) {
        var tensor = checkpoint.require(name, entries, columns);
        boolean halves = storage == Storage.COMPACT && Floats.isHalf(tensor.dtype());
        var dtype = halves ? tensor.dtype() : DType.F32;
        var table = new Matrix(memory((long) entries * columns, dtype), dtype, entries, columns);
        int step = Math.max(1, BLOCK / Math.max(1, columns));
        for (int row = 0; row < entries; row += step) {
            int count = Math.min(step, entries - row);
            read(new Part(tensor, 0, entries), row, count, 0);
            write(table, (long) row * columns, count * columns);
        }
        return new Table(table);
    }

    /** Writes the first numbers of the block into a table. */
    private void write(Matrix table, long place, int count) {
        if (table.dtype() == DType.F32) {
            MemorySegment.copy(block, 0, table.data(), ValueLayout.JAVA_FLOAT, place * Float.BYTES, count);
        } else {
            for (int i = 0; i < count; i++) {
                table.data().setAtIndex(ValueLayout.JAVA_SHORT, place + i, Floats.toHalf(table.dtype(), block[i]));
            }
        }
    }

    /** A table of numbers that the caller has made, {@code [entries, columns]}. */
    public Table table(float[] values, int entries, int columns) {
        return new Table(new Matrix(vector(values), DType.F32, entries, columns));
    }

    /** Whether the checkpoint has a tensor of that name. */
    public boolean has(String name) {
        return checkpoint.find(name) != null;
    }

    /** Numbers that the caller has made, as products take them: {@code [rows, columns]}. */
    public Matrix operand(float[] values, int rows, int columns) {
        if (products == DType.F32) {
            return new Matrix(vector(values), products, rows, columns);
        }
        var memory = memory(values.length, products);
        for (int i = 0; i < values.length; i++) {
            memory.setAtIndex(ValueLayout.JAVA_SHORT, i, Floats.toBf16(values[i]));
        }
        return new Matrix(memory, products, rows, columns);
    }

    /** What the layer {@code name} gives for rows that are known at load, in f32: {@code x Wᵀ + b}. */
    public float[] applied(String name, float[] x, int in, int out) {
        int rows = x.length / in;
        int room = Kernels.bucket(rows);
        try (var scratch = Arena.ofConfined();
                var worker = new Worker(kernels)) {
            var layer = new Weights(checkpoint, kernels, scratch, Precision.F32).linear(name, in, out);
            var source = new Matrix(scratch.allocate((long) room * in * Float.BYTES, 64), DType.F32, room, in);
            var target = new Matrix(scratch.allocate((long) room * out * Float.BYTES, 64), DType.F32, room, out);
            MemorySegment.copy(x, 0, source.data(), ValueLayout.JAVA_FLOAT, 0, x.length);
            layer.apply(worker, rows, source, Activation.NONE, target);
            var result = new float[rows * out];
            MemorySegment.copy(target.data(), ValueLayout.JAVA_FLOAT, 0, result, 0, result.length);
            return result;
        }
    }

    /** One row of the table {@code name [entries, columns]}; the others are not read. */
    public float[] row(String name, int row, int entries, int columns) {
        var values = new float[columns];
        StoredNumbers.read(checkpoint.require(name, entries, columns), Objects.checkIndex(row, entries), 1, values, 0);
        return values;
    }

    /** A tensor's numbers, row-major. */
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
            StoredNumbers.read(tensors.get(i), values, i * size);
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

    /** Numbers that the caller has made, in f32. */
    public MemorySegment vector(float[] values) {
        var memory = memory(values.length);
        MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
        return memory;
    }

    /** Room for numbers in f32 that the caller will make; zero. */
    public MemorySegment memory(long numbers) {
        return memory(numbers, DType.F32);
    }

    private MemorySegment memory(long numbers, DType dtype) {
        var memory = arena.allocate(numbers * dtype.bytes(), 64);
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
}
