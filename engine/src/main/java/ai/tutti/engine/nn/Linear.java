package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.BlockWeights;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.PackedWeights;
import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.TileWeights;
import ai.tutti.engine.kernel.WholeWeights;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * {@code y = act(x Wᵀ + b)}: x is {@code [rows, in]}, y is {@code [rows, out]}.
 *
 * @param weights W, packed, or unpacked block by block
 * @param bias b in f32, {@code [out]}
 */
public record Linear(PackedWeights weights, MemorySegment bias) {
    /** Rows that keep a product near its full rate. */
    private static final int LEAST_ROWS = 64;

    /** Panels of outputs that are worth a worker of their own. */
    private static final int LEAST_PANELS = 4;

    /** Parts that outputs fall into at most. */
    private static final int MOST_PARTS = 8;

    public Linear {
        requireNonNull(weights, "weights is null");
        requireNonNull(bias, "bias is null");
    }

    /** Numbers that go in. */
    public int in() {
        return weights.in();
    }

    /** Numbers that come out. */
    public int out() {
        return weights.out();
    }

    /** The weights, for products over parts of rows, which know no blocks. */
    WholeWeights whole() {
        if (weights instanceof WholeWeights whole) {
            return whole;
        }
        throw new IllegalStateException("the layer's weights are not kept whole");
    }

    /** Writes {@code act(x Wᵀ + b)}. Rows up to {@link Kernels#bucket} of {@code rows} are computed and must be there. */
    public void apply(Worker worker, int rows, Matrix x, Activation activation, Matrix y) {
        run(worker, rows, x, activation, narrow(y), 0, PlanSpec.Then.STORE, 0);
    }

    /** Writes {@code x Wᵀ + b} into columns of a wider y, from {@code column} on. */
    public void applyAt(Worker worker, int rows, Matrix x, Matrix y, int column) {
        run(worker, rows, x, Activation.NONE, y, column, PlanSpec.Then.STORE, 0);
    }

    /**
     * Writes {@code act(x Wᵀ + b) * factor}, number by number: a gated layer, without a pass of its own.
     *
     * @param factor of y's type and shape
     */
    public void applyGated(Worker worker, int rows, Matrix x, Activation activation, Matrix factor, Matrix y) {
        run(worker, rows, x, activation, narrow(y), 0, PlanSpec.Then.MULTIPLY, factor.address(0));
    }

    /** Whether {@link #addTo} takes no longer than {@link #apply}. */
    boolean addsAtOnce() {
        return weights instanceof TileWeights;
    }

    /** Adds {@code x Wᵀ + b} to y, which is f32: the residual connection, without a pass of its own. */
    public void addTo(Worker worker, int rows, Matrix x, Matrix y) {
        run(worker, rows, x, Activation.NONE, narrow(y), 0, PlanSpec.Then.ADD, 0);
    }

    private Matrix narrow(Matrix y) {
        if (y.columns() != out()) {
            throw new IllegalArgumentException("%d columns are not the layer's %d".formatted(y.columns(), out()));
        }
        return y;
    }

    private void run(
            Worker worker,
            int rows,
            Matrix x,
            Activation activation,
            Matrix y,
            int column,
            PlanSpec.Then then,
            long factor) {
        int planned = Kernels.bucket(rows);
        if (x.columns() != in() || y.columns() < column + out() || x.rows() < planned || y.rows() < planned) {
            throw new IllegalArgumentException("[%d, %d] -> [%d, %d] does not fit weights [%d, %d] for %d rows"
                    .formatted(x.rows(), x.columns(), y.rows(), y.columns(), out(), in(), planned));
        }
        long target = (long) column * y.dtype().bytes();
        switch (weights) {
            case WholeWeights whole -> {
                boolean apart = then == PlanSpec.Then.STORE
                        && y.columns() == out()
                        && worker.activatesInPlace(activation, y.dtype(), out());
                var inside = apart ? Activation.NONE : activation;
                worker.split(planned, LEAST_ROWS, (member, first, count) -> {
                    long skipped = first * y.rowBytes();
                    new Product(member, count, x, first, inside, y, then)
                            .run(
                                    whole.layout(),
                                    whole.data().address(),
                                    bias.address(),
                                    target + skipped,
                                    factor == 0 ? 0 : factor + skipped);
                    if (apart) {
                        member.activate(activation, y, first, count);
                    }
                });
            }
            case TileWeights tiles -> {
                if (then == PlanSpec.Then.MULTIPLY) {
                    throw new IllegalStateException("the layer's weights were not packed for a factor");
                }
                multiply(worker, planned, x, tiles, activation, y, target, then == PlanSpec.Then.ADD);
            }
            case BlockWeights blocks ->
                worker.split(blocks.blocks(), 1, 1, (member, begin, count) -> {
                    var product = new Product(member, planned, x, 0, activation, y, then);
                    for (int block = begin; block < begin + count; block++) {
                        int first = blocks.first(block);
                        long offset = (long) first * y.dtype().bytes();
                        product.run(
                                blocks.layout(block),
                                blocks.unpack(member, block),
                                bias.address() + (long) first * Float.BYTES,
                                target + offset,
                                factor == 0 ? 0 : factor + offset);
                    }
                });
        }
    }

    /** By parts of the rows, or of the outputs where rows are few: then each worker reads its part of the weights. */
    private void multiply(
            Worker worker,
            int rows,
            Matrix x,
            TileWeights tiles,
            Activation activation,
            Matrix y,
            long target,
            boolean add) {
        if (rows >= 2 * LEAST_ROWS) {
            worker.split(rows, LEAST_ROWS, (member, first, count) -> {
                long to = y.address(first) + target;
                member.linear(count, x.address(first), tiles, bias, activation, add, y, to);
            });
            return;
        }
        // Each number of panels has code of its own: few of them, however many workers there are.
        int step = Math.max(1, tiles.panels() / MOST_PARTS);
        worker.split(tiles.panels(), LEAST_PANELS, step, (member, first, count) -> {
            int output = TileWeights.output(first);
            long to = y.address(0) + target + (long) output * y.dtype().bytes();
            var some = bias.asSlice((long) output * Float.BYTES);
            member.linear(rows, x.address(0), tiles.slice(first, count), some, activation, add, y, to);
        });
    }

    /** The product over some of the rows, or of the outputs. */
    private record Product(
            Worker worker, int rows, Matrix x, int first, Activation activation, Matrix y, PlanSpec.Then then) {
        void run(PackedWeights.Layout layout, long weights, long bias, long offset, long factor) {
            var spec = new PlanSpec.Linear(rows, layout, x.dtype(), y.dtype(), y.columns(), activation, then);
            worker.linear(spec, x.address(first), weights, bias, y.address(0) + offset, factor);
        }
    }
}
