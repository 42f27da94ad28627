package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Blocks;
import ai.tutti.engine.kernel.DigitLoops;
import ai.tutti.engine.kernel.DigitTiles;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.LongConvolver;
import ai.tutti.engine.kernel.MeanTiles;
import ai.tutti.engine.kernel.RowLoops;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Products for models in which bf16's rounding grows too large: in f32, or of integers of 16 bits in two digits of eight, whose
 * sums are exact ({@link ai.tutti.engine.kernel.DigitWeights}), or in bf16 but for what rows have in common.
 *
 * <p>A number in bf16 keeps 8 bits. What is rounded off the weights counts most: it is the same at every position, and where
 * positions are alike, as padding is, nothing averages it out.
 *
 * <p><b>Digits.</b> Weights have a scale for each output, and a tile's rows one for them all, or each its own where there is machine
 * code for it; they keep 15 bits of the largest number and 11 to 13 of a usual one. That takes three products of bytes, each at
 * twice bf16's rate on AMX, which has ten times f32's.
 *
 * <p><b>Means.</b> Where there is machine code for it, normed rows are multiplied in bf16, and their mean by what bf16 leaves of the
 * weights ({@link MeanTiles}). The rounding that is left differs from row to row. M2-BERT's projections into the mixer bear it:
 * twelve layers end at a cosine of 1 - 3e-6. Any other of its layers alone would bring that to 1 - 2e-5 ... 1 - 1e-4.
 */
public final class Operands {
    /** What oneDNN's products of bytes want of a matrix's sides. */
    private static final int MULTIPLE = 32;

    /** What machine code wants of them. */
    private static final int TILE_MULTIPLE = 64;

    /** Numbers of a cache line. */
    private static final int LINE = 16;

    private final Form form;

    private enum Form {
        FLOATS,
        DIGITS,
        TILES
    }

    /**
     * @param type that was asked for: f32, or bf16
     * @param kernels of a CPU that computes with digits instead of bf16 if it multiplies bytes well, and otherwise with f32
     * @param in numbers that go into a layer: each a multiple of 32, or all is computed with f32
     */
    public Operands(DType type, Kernels kernels, int... in) {
        if (type == DType.F32
                || !kernels.cpu().multipliesBytes()
                || !DigitLoops.supported()
                || !multiples(MULTIPLE, in)) {
            form = Form.FLOATS;
        } else {
            boolean tiles = kernels.multipliesDigits()
                    && LongConvolver.width() == DigitTiles.COLUMNS
                    && multiples(TILE_MULTIPLE, in);
            form = tiles ? Form.TILES : Form.DIGITS;
        }
    }

    private static boolean multiples(int of, int... sizes) {
        return Arrays.stream(sizes).allMatch(size -> size % of == 0);
    }

    /**
     * How many numbers lie from one row to the next where products write rows of so many. Machine code writes sixteen rows at a
     * time, a line of each: an odd number of lines apart, so that they meet nowhere in the first cache.
     */
    public int pitch(int columns) {
        return tiled() ? (columns / LINE | 1) * LINE : columns;
    }

    /** Whether products are f32. */
    public boolean exact() {
        return form == Form.FLOATS;
    }

    /**
     * Whether machine code computes products. A row's may then depend on a group of rows that begins at fixed positions of its text, but
     * on nothing else: rows of two texts are never multiplied together.
     */
    public boolean tiled() {
        return form == Form.TILES;
    }

    /**
     * Rows as products take them.
     *
     * @param x f32, digits in blocks, or bf16
     * @param scales of digits: two numbers in f32, or one for each row
     * @param mean of rows in bf16
     * @param norms of each block of columns, for layers that are gated
     */
    public record Operand(
            Matrix x, @Nullable MemorySegment scales, @Nullable MemorySegment mean, @Nullable MemorySegment norms) {
        Operand(Matrix x, @Nullable MemorySegment scales) {
            this(x, scales, null, null);
        }

        /** The same without its first rows, a multiple of 16; not for digits with one scale for all rows. */
        Operand from(int row) {
            return row == 0
                    ? this
                    : new Operand(x.from(row), from(scales, row), null, from(norms, row));
        }

        private @Nullable MemorySegment from(@Nullable MemorySegment rows, int row) {
            return rows == null ? null : rows.asSlice(rows.byteSize() / x.rows() * row);
        }
    }

    /** A layer {@code [bias.length, in]}. */
    public FineLinear pack(Weights weights, float[] weight, int in, float[] bias) {
        return pack(weights, weight, in, bias, DigitTiles.Order.SPLIT);
    }

    /** As {@link #pack}, a layer that is multiplied with the results of one that is {@linkplain #packGated gated}. */
    FineLinear packForGated(Weights weights, float[] weight, int in, float[] bias) {
        return pack(weights, weight, in, bias, DigitTiles.Order.PLAIN);
    }

    private FineLinear pack(Weights weights, float[] weight, int in, float[] bias, DigitTiles.Order order) {
        return tiled()
                ? new FineLinear.Tiles(weights.digitTiles(weight, in, order), weights.vector(bias))
                : combining(weights, weight, in, bias);
    }

    private FineLinear.Combining combining(Weights weights, float[] weight, int in, float[] bias) {
        return exact()
                ? new FineLinear.Floats(weights.pack(weight, in, bias, DType.F32))
                : new FineLinear.Digits(weights.digits(weight, in), weights.vector(bias));
    }

    /** Two layers {@code [out, in]} without biases of which one gates the other; what follows takes {@code out} inputs. */
    GatedLinear packGated(Weights weights, float[] gate, float[] value, int in) {
        int out = gate.length / in;
        return tiled()
                ? new GatedLinear.Together(weights.digitGates(gate, value, in))
                : new GatedLinear.Apart(
                        combining(weights, gate, in, new float[out]),
                        combining(weights, value, in, new float[out]),
                        in,
                        this);
    }

    /**
     * As {@link #pack}, parts of a layer that is multiplied with {@linkplain #normed normed rows}.
     *
     * @param parts that have the same number of outputs, a multiple of {@link MeanTiles#PANEL} where products are {@link #tiled}
     */
    public List<FineLinear> packForNormed(Weights weights, float[] weight, int in, float[] bias, int parts) {
        int out = bias.length / parts;
        if (!tiled()) {
            return IntStream.range(0, parts)
                    .mapToObj(i -> pack(
                            weights,
                            Arrays.copyOfRange(weight, i * out * in, (i + 1) * out * in),
                            in,
                            Arrays.copyOfRange(bias, i * out, (i + 1) * out)))
                    .toList();
        }
        var whole = weights.meanTiles(weight, in);
        var biases = weights.vector(bias);
        return IntStream.range(0, parts)
                .<FineLinear>mapToObj(i -> new FineLinear.Means(
                        whole.slice(i * out, out), biases.asSlice((long) i * out * Float.BYTES, (long) out * Float.BYTES)))
                .toList();
    }

    /**
     * The first columns of some rows as layers of {@code block} inputs take them.
     *
     * @param name of working memory, for what is made
     * @param x f32
     * @param columns how many; a multiple of {@code block}
     */
    public Operand of(Worker worker, String name, Matrix x, int columns, int block, int count) {
        return exact() ? new Operand(x, null) : digits(worker, name, x, columns, block, count);
    }

    /**
     * As {@link #of}, for an x that changes before the result is used, and for layers of which one {@linkplain #packGated gates} the
     * other.
     *
     * @param blocks of columns; each row's norms of them are there, too, where products are {@link #tiled}
     */
    public Operand kept(Worker worker, String name, Matrix x, int blocks, int block, int count) {
        if (tiled()) {
            var room = room(worker, name, x.rows(), blocks * block);
            var norms = worker.matrix(name + ".norms", DType.F32, x.rows(), blocks);
            var operand = new Operand(room.x(), room.scales(), null, norms.data().asSlice(0, x.rows() * norms.rowBytes()));
            DigitTiles.splitWithNorms(worker, x, count, blocks, operand.x(), scales(operand), norms.data());
            return operand;
        }
        if (!exact()) {
            return digits(worker, name, x, blocks * block, block, count);
        }
        var copy = worker.matrix(name, DType.F32, x.rows(), x.columns());
        x.copyRows(0, copy, 0, count);
        return new Operand(copy, null);
    }

    /**
     * Rows out of blocks of channels, see {@link RowLoops#toRows}.
     *
     * @param first the position that becomes row 0
     * @param unit what a one in the blocks stands for: 1 unless products are {@link #tiled}
     * @param x working memory for the rows
     */
    public Operand ofBlocks(Worker worker, String name, Blocks blocks, int first, int count, float unit, Matrix x) {
        if (!tiled()) {
            RowLoops.toRows(blocks, first, count, x);
            return of(worker, name, x, x.columns(), x.columns(), count);
        }
        var operand = room(worker, name, x.rows(), x.columns());
        DigitTiles.splitBlocks(worker, blocks, first, count, unit, operand.x(), scales(operand));
        return operand;
    }

    /**
     * Rows that are normed first, as layers {@linkplain #packForNormed of their own} take them, and go into blocks of channels as well,
     * see {@link RowLoops#norm}.
     *
     * @param m the rows
     * @param channels of them that are not idle
     * @param x working memory for the normed rows
     */
    public Operand normed(
            Worker worker,
            String name,
            Matrix m,
            MemorySegment scale,
            MemorySegment shift,
            float epsilon,
            int channels,
            int count,
            Blocks blocks,
            int first,
            Matrix x) {
        if (!tiled()) {
            RowLoops.norm(m, scale, shift, epsilon, channels, count, blocks, first, x);
            return of(worker, name, x, x.columns(), x.columns(), count);
        }
        var rows = worker.matrix(name, DType.BF16, x.rows(), x.columns());
        var mean = worker.matrix(name + ".mean", DType.I8, 1, MeanTiles.meanBytes(x.columns())).data();
        MeanTiles.norm(worker, m, scale, shift, epsilon, count, blocks, first, rows, mean);
        return new Operand(rows, null, mean, null);
    }

    private Operand digits(Worker worker, String name, Matrix x, int columns, int block, int count) {
        var operand = room(worker, name, x.rows(), columns);
        if (tiled()) {
            DigitTiles.split(worker, x, count, operand.x(), scales(operand));
        } else {
            DigitLoops.split(x, columns, block, count, operand.x(), scales(operand));
        }
        return operand;
    }

    private Operand room(Worker worker, String name, int rows, int columns) {
        return digits(worker, name, rows, columns, tiled() ? rows : 2);
    }

    /** Room for rows of digits in tiles. */
    static Operand tiles(Worker worker, String name, int rows, int columns) {
        return digits(worker, name, rows, columns, rows);
    }

    private static Operand digits(Worker worker, String name, int rows, int columns, int scales) {
        return new Operand(
                worker.matrix(name, DType.I8, rows, 2 * columns),
                worker.matrix(name + ".scales", DType.F32, 1, scales).data().asSlice(0, (long) scales * Float.BYTES));
    }

    private static MemorySegment scales(Operand operand) {
        return requireNonNull(operand.scales(), "no scales");
    }
}
