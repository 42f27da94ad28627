package ai.tutti.engine.kernel;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one thread computes with: its oneDNN stream, its working memory, its handles. Everything that is written during a
 * forward pass belongs to a worker, so workers never wait for one another. To be used by one thread only.
 *
 * <p>Working memory is named and grows to the largest size asked for. A worker runs one pass at a time, so all models share
 * it.
 */
public final class Worker implements AutoCloseable {
    private static final long FIRST_SCRATCH = 1 << 20;
    private static final long KEPT = 64 << 20;

    /** Working memory from here on is in large pages. */
    private static final long LARGE = 2 * Pages.LARGE;

    private static final LongAdder WORKING = new LongAdder();

    /** Rows of a span when there is a team: a tile of ordinary texts has as many. */
    private static final int MOST_ROWS = 512;

    /** At least what any machine code takes and keeps of its own there. */
    private static final int ARGUMENT_BYTES = 256;

    private final Kernels kernels;
    private final OneDnn oneDnn;
    private final OwnCode own;
    private final long stream;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment arguments = arena.allocate(ARGUMENT_BYTES, 64);
    private final Map<String, Owned> buffers = new HashMap<>();
    private final Map<LongConvolver, LongConvolver.Scratch> convolutions = new HashMap<>();
    private @Nullable Call[] calls = new Call[64];
    private Owned scratch = Owned.of(FIRST_SCRATCH);
    private BooleanSupplier wanted = () -> true;
    private Runnable pause = () -> {};
    private @Nullable Team team;

    /** Some of a step's rows, or of whatever it goes over. */
    @FunctionalInterface
    public interface Span {
        /**
         * Computes them.
         *
         * @param worker who does it: working memory is to be its own
         * @param first the first of them
         * @param count how many
         */
        void run(Worker worker, int first, int count);
    }

    private record Owned(Arena arena, MemorySegment memory) {
        static Owned of(long bytes) {
            var arena = Arena.ofShared();
            var memory = bytes < LARGE ? arena.allocate(bytes, 4096) : Pages.map(bytes, arena);
            WORKING.add(memory.byteSize());
            return new Owned(arena, memory);
        }

        void free() {
            WORKING.add(-memory.byteSize());
            arena.close();
        }
    }

    public Worker(Kernels kernels) {
        this.kernels = kernels;
        oneDnn = kernels.oneDnn();
        own = kernels.own();
        stream = oneDnn.stream();
    }

    /** Native memory that all workers of the process have to compute in, in bytes. */
    public static long workingBytes() {
        return WORKING.sum();
    }

    /** Says how to learn whether anybody still waits for the results of the pass that begins. */
    public void wanted(BooleanSupplier stillWanted) {
        wanted = stillWanted;
    }

    /** Says what the thread does between two layers before it goes on; it computes nothing with this worker. */
    public void pausing(Runnable betweenLayers) {
        pause = betweenLayers;
    }

    /**
     * To be asked between a pass's layers, so that a pass nobody waits for frees its core within one of them, and one that can
     * wait lets others go first.
     *
     * @throws GivenUpException when nobody does
     */
    public void requireWanted() {
        pause.run();
        if (!wanted.getAsBoolean()) {
            throw new GivenUpException("nobody waits for this pass any more");
        }
    }

    /**
     * Working memory under a name. What it held before is still there, unless it had to grow (then all is zero) or was
     * {@linkplain #offer offered}.
     *
     * @param rows how many rows at least
     */
    public Matrix matrix(String name, DType dtype, int rows, int columns) {
        long bytes = (long) rows * columns * dtype.bytes();
        var buffer = buffers.get(name);
        if (buffer == null || buffer.memory().byteSize() < bytes) {
            if (buffer != null) {
                buffers.remove(name); // first, lest freed memory be found there when there is not enough for the new
                buffer.free();
            }
            buffer = Owned.of(bytes + bytes / 8);
            buffers.put(name, buffer);
        }
        return new Matrix(buffer.memory(), dtype, rows, columns);
    }

    /**
     * Offers the system working memory of a pass that has ended, where it is too large ({@value #KEPT} bytes) to be held for the next
     * one. What it held is lost. If the system does not want it meanwhile, the next pass need not wait for pages full of zeros.
     */
    public void offer(String... names) {
        for (var name : names) {
            var buffer = buffers.get(name);
            if (buffer != null && buffer.memory().byteSize() > KEPT && !Pages.offer(buffer.memory())) {
                buffers.remove(name);
                buffer.free();
            }
        }
    }

    /** Leads a team from now on, which shares the steps that {@link #split} parts; null: works alone. */
    public void lead(@Nullable Team team) {
        this.team = team;
    }

    /**
     * Runs a step over rows that do not touch one another, in one span or, with a team, in several at a time.
     *
     * @param rows how many there are
     * @param least rows that are worth a span of their own
     */
    public void split(int rows, int least, Span span) {
        split(rows, least, 16, span);
    }

    /**
     * As the other, where spans begin at multiples of {@code step} rows.
     */
    public void split(int rows, int least, int step, Span span) {
        var team = this.team;
        int parts = team == null ? 1 : Math.min(1 + team.helpers(), rows / least);
        if (team == null || parts <= 1) {
            span.run(this, 0, rows);
            return;
        }
        int share = (rows + parts * step - 1) / (parts * step) * step;
        int each = Math.max(step, Math.min(share, MOST_ROWS / step * step)); // the sooner a helper can leave
        this.team = null; // what a span does is not parted again
        try {
            team.run(this, (rows + each - 1) / each, (member, i) -> span.run(member, i * each, Math.min(each, rows - i * each)));
        } finally {
            this.team = team;
        }
    }

    /** A linear layer; addresses of the first numbers. {@code factor} is 0 unless the spec multiplies. */
    public void linear(PlanSpec.Linear spec, long x, long weights, long bias, long y, long factor) {
        var call = call(spec).set(0, x).set(1, weights).set(2, bias).set(3, y);
        if (spec.then() == PlanSpec.Then.MULTIPLY) {
            call.set(4, factor);
        }
        call.run();
    }

    /**
     * A linear layer by the engine's own machine code.
     *
     * @param rows a multiple of 16
     * @param x address of the first row, bf16 {@code [rows, in]}
     * @param bias f32, {@code [out]}
     * @param activation none, GELU or ReLU
     * @param add whether the results are added to y, which is f32 then
     * @param y bf16 or f32
     * @param to address of the first result
     */
    public void linear(
            int rows, long x, TileWeights weights, MemorySegment bias, Activation activation, boolean add, Matrix y, long to) {
        var shape = new ProductCode.Shape(
                weights.in(), weights.out(), false, y.dtype(), y.columns(), add, activation, false);
        var product = own.product(shape);
        var sums = matrix("product.sums", DType.I8, 1, product.sumBytes());
        run(product.code(), x, weights.data().address(), to, rows, sums.address(0), bias.address());
    }

    /**
     * A product of codes.
     *
     * @param x address of the first code
     * @param weights as oneDNN takes them
     */
    void coded(int rows, long x, CodedWeights weights, Matrix y) {
        var whole = (WholeWeights) weights.packed();
        call(new PlanSpec.Coded(rows, whole.layout(), y.dtype()))
                .set(0, x)
                .set(1, weights.codes().address())
                .set(2, weights.scales().address())
                .set(3, weights.offsets().address())
                .set(4, y.address(0))
                .run();
    }

    /**
     * A product over some columns of wider rows; addresses of the first numbers.
     *
     * @param other the bias, or the factor, by the spec; 0 when there is none
     */
    public void part(PlanSpec.Part spec, long x, WholeWeights weights, long y, long other) {
        var call = call(spec).set(0, x).set(1, weights.data().address()).set(2, y);
        if (other != 0) {
            call.set(3, other);
        }
        call.run();
    }

    /**
     * A product of integers over some columns of wider rows; addresses of the first numbers.
     *
     * @param scale of x, one f32
     * @param scales of the weights, f32, {@code [out]}
     * @param other the bias, or the factor, by the spec; 0 when there is none
     */
    void integers(PlanSpec.Integers spec, long x, long scale, long weights, long scales, long y, long other) {
        var call = call(spec).set(0, x).set(1, scale).set(2, weights).set(3, scales).set(4, y);
        if (other != 0) {
            call.set(5, other);
        }
        call.run();
    }

    /** A batch of products; {@code mask} is the address of a row of f32, 0 when the spec has none. */
    public void multiply(PlanSpec.Batched spec, long a, long b, long c, long mask) {
        var call = call(spec).set(0, a).set(1, b).set(2, c);
        if (spec.masked()) {
            call.set(3, mask);
        }
        call.run();
    }

    /** Softmax of every row. */
    public void softmax(PlanSpec.Softmax spec, long scores, long probabilities) {
        call(spec).set(0, scores).set(1, probabilities).run();
    }

    /** Layer norm of every row; {@code y} may be {@code x}. */
    public void layerNorm(PlanSpec.LayerNorm spec, long x, MemorySegment scale, MemorySegment shift, long y) {
        call(spec).set(0, x).set(1, scale.address()).set(2, shift.address()).set(3, y).run();
    }

    /**
     * Layer norm of every row in place, and in bf16 to {@code y} as well.
     *
     * @return whether there is code for it here; if not, nothing was done
     */
    public boolean layerNorm(
            Matrix x, int first, int rows, MemorySegment scale, MemorySegment shift, float epsilon, Matrix y) {
        var code = own.layerNorm(x.columns(), epsilon, false);
        if (code == null) {
            return false;
        }
        run(code, x.address(first), rows, y.address(first), scale.address(), shift.address());
        return true;
    }

    /** Whether a row's norm, a copy in bf16 and an addition before are one pass here. */
    public boolean normsAtOnce(int columns) {
        return own.normsAtOnce(columns);
    }

    /** As {@link #layerNorm(Matrix, int, int, MemorySegment, MemorySegment, float, Matrix)}, of the sum of x and {@code added}. */
    public void layerNormOfSum(
            Matrix x, Matrix added, int first, int rows, MemorySegment scale, MemorySegment shift, float epsilon, Matrix y) {
        run(
                requireNonNull(own.layerNorm(x.columns(), epsilon, true), "no code for such rows here"),
                x.address(first),
                rows,
                y.address(first),
                scale.address(),
                shift.address(),
                added.address(first));
    }

    /** Whether an activation is better applied by {@link #activate} than as a part of the product before it. */
    public boolean activatesInPlace(Activation activation, DType type, int columns) {
        return own.activatesInPlace(activation, type, columns);
    }

    /** Applies an activation to some rows of y in place. */
    public void activate(Activation activation, Matrix y, int first, int rows) {
        run(own.inPlace(activation), y.address(first), (long) rows * y.columns());
    }

    /**
     * Rows in digits, see {@link DigitTiles}.
     *
     * @param blockStride bytes from one block to the next, if the rows come out of blocks
     * @param norms where the norms of a row's blocks are written, if they are wanted
     */
    void digits(DigitSplitCode.Shape shape, long x, long rows, long to, long scales, long blockStride, long norms) {
        long row = matrix("digits.row", DType.F32, 1, shape.columns()).address(0);
        run(own.code(shape), x, rows, to, scales, row, blockStride, norms);
    }

    /**
     * Normed rows in blocks and in bf16, see {@link MeanTiles#norm}.
     *
     * @param totals where the normed rows are added, f32
     */
    void layerNorm(
            Matrix x,
            long rows,
            MemorySegment scale,
            MemorySegment shift,
            float epsilon,
            Matrix tiles,
            Blocks blocks,
            int first,
            MemorySegment totals) {
        run(
                own.blockNorm(tiles.columns(), (int) x.rowBytes(), epsilon, blocks.type() == DType.F16),
                x.address(0),
                rows,
                tiles.address(0),
                scale.address(),
                shift.address(),
                blocks.address(0, first),
                blocks.stride(),
                totals.address());
    }

    /**
     * A product of digits over some panels, see {@link DigitTiles#multiply}.
     *
     * @param rowTiles rows by {@value DigitProductCode#ROWS}
     */
    void multiply(
            DigitProductCode.Shape shape,
            long x,
            long xScales,
            long weights,
            long weightScales,
            long bias,
            long y,
            long rowTiles,
            long panels) {
        long sums = matrix("digits.sums", DType.I8, 1, DigitProductCode.SCRATCH_BYTES).address(0);
        run(own.code(shape), x, xScales, weights, weightScales, bias, y, rowTiles, panels, sums);
    }

    /** A product that is exact for the rows' mean over some panels, see {@link MeanTiles#multiply}. */
    void multiply(
            MeanProductCode.Shape shape,
            long x,
            long rowTiles,
            long weights,
            long rests,
            long restScales,
            long mean,
            long bias,
            long y,
            long panels) {
        long room = matrix("mean.room", DType.I8, 1, MeanProductCode.ROOM_BYTES).address(0);
        run(own.code(shape), x, rowTiles, weights, rests, restScales, mean, bias, y, panels, room);
    }

    /**
     * Two products of digits, see {@link DigitGates#multiply}.
     *
     * @param blockBytes of a tile of rows
     * @param times how often {@link DigitGateCode.Shape#tiles()} tiles of rows
     */
    void gate(
            DigitGateCode.Shape shape,
            long x,
            long blockBytes,
            int block,
            int other,
            long xScales,
            long norms,
            DigitGates weights,
            long to,
            long toScales,
            long times) {
        long normBytes = (long) DigitProductCode.ROWS * Float.BYTES;
        long room = matrix("digits.room", DType.I8, 1, shape.roomBytes()).address(0);
        run(
                own.code(shape),
                x + block * blockBytes,
                x + other * blockBytes,
                xScales,
                norms + block * normBytes,
                norms + other * normBytes,
                weights.both().panels().address(),
                weights.both().scales().address(),
                weights.share().address(),
                to,
                toScales,
                times,
                room);
    }

    /**
     * As {@link RowLoops#shortFilter}, by machine code where there is some; product and gate may then be f16, see
     * {@link LongConvolver#takesHalves}.
     */
    public void shortFilter(
            Matrix u, MemorySegment taps, int channels, int count, Blocks product, Blocks gate, int block, int first) {
        if (count == 0) {
            return;
        }
        boolean halves = product.type() == DType.F16;
        if (!halves && !own.filtersShort(channels)) {
            RowLoops.shortFilter(u, taps, channels, count, product, gate, block, first);
            return;
        }
        run(
                own.shortFilter(u.columns() / channels, channels, halves),
                u.address(0),
                taps.address(),
                count,
                product.address(block, first),
                gate.address(block, first),
                product.stride());
    }

    /** Whether there is code for convolutions of texts of such a length. */
    boolean convolves(int size) {
        return own.convolves(size);
    }

    /** One filter over one block of channels, see {@link ConvolutionCode}; addresses of the block's first rows. */
    void convolve(
            ConvolutionCode.Shape shape, long x, long out, long gate, long spectrum, long ahead, long aheadToo) {
        int size = shape.size();
        var rows = matrix("convolution.rows", DType.I8, 1, ConvolutionCode.rowBytes(size));
        var buffer = matrix("convolution.buffer", DType.I8, 1, ConvolutionCode.bufferBytes());
        run(
                own.code(shape),
                x,
                out,
                gate,
                spectrum,
                rows.address(0),
                buffer.address(0),
                own.roots(size).address(),
                ahead,
                aheadToo);
    }

    /** Machine code of the engine's own, with its arguments. */
    void run(MachineCode code, long... values) {
        for (int i = 0; i < values.length; i++) {
            arguments.setAtIndex(ValueLayout.JAVA_LONG, i, values[i]);
        }
        code.run(arguments.address());
    }

    LongConvolver.Scratch scratch(LongConvolver convolver) {
        return convolutions.computeIfAbsent(convolver, LongConvolver.Scratch::new);
    }

    private Call call(PlanSpec spec) {
        var plan = kernels.plan(spec);
        if (plan.id() >= calls.length) {
            calls = Arrays.copyOf(calls, Math.max(plan.id() + 1, calls.length * 2));
        }
        var call = calls[plan.id()];
        if (call == null) {
            growScratch(plan.scratchBytes());
            call = new Call(oneDnn, plan, stream, scratch.memory().address(), arena);
            calls[plan.id()] = call;
        }
        return call;
    }

    private void growScratch(long bytes) {
        if (bytes <= scratch.memory().byteSize()) {
            return;
        }
        var old = scratch;
        scratch = Owned.of(bytes + bytes / 2);
        for (var call : calls) {
            if (call != null) {
                call.scratch(scratch.memory().address());
            }
        }
        old.free();
    }

    @Override
    public void close() {
        for (var call : calls) {
            if (call != null) {
                call.close();
            }
        }
        oneDnn.destroyStream(stream);
        buffers.values().forEach(Owned::free);
        scratch.free();
        arena.close();
    }
}
