package ai.tutti.engine.kernel;

import ai.tutti.engine.kernel.CodeLoops.Codes;
import ai.tutti.engine.kernel.CodeLoops.Coding;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * By machine code of the engine's own, on CPUs with AMX: a product's sums never go to memory as they are, and what is between two
 * products goes over each row in the nearest cache.
 */
final class FusedRows implements CodedRows {
    /** Rows from a feed-forward's first product to its codes at a time. */
    private static final int BAND = 128;

    private final OwnCode own;

    FusedRows(OwnCode own) {
        this.own = own;
    }

    /** Whether a model's layers have the sizes that the code takes. */
    static boolean fit(int hidden, int feedForward) {
        return TileWeights.fit(hidden, feedForward, DType.I8)
                && TileWeights.fit(feedForward, hidden, DType.I8)
                && hidden <= LayerNormCode.MOST;
    }

    @Override
    public CodedWeights pack(float[] weight, int in, int zero, Arena arena) {
        try (var packing = new TilePacking(in, weight.length / in, DType.I8, arena)) {
            return CodedWeights.pack(packing, weight, zero, arena);
        }
    }

    @Override
    public void norm(Worker worker, Matrix h, int first, int rows, Norm norm, Coding to, Codes codes) {
        var room = worker.matrix("codes.room", DType.I8, 1, LayerNormCode.room(h.columns()));
        worker.run(
                own.codingNorm(h.columns(), norm.epsilon(), to.zero()),
                h.address(first),
                rows,
                codes.matrix().address(0),
                norm.scale().address(),
                norm.shift().address(),
                0,
                to.factors().address(),
                codes.steps().address(0),
                room.address(0));
    }

    @Override
    public void quantise(Worker worker, Matrix x, int first, int rows, Coding to, Codes codes) {
        quantise(worker, x, first, rows, to, codes, 0, true);
    }

    private void quantise(
            Worker worker, Matrix x, int first, int rows, Coding to, Codes codes, int place, boolean factors) {
        worker.run(
                own.coding(x.columns(), to.zero(), factors),
                x.address(first),
                rows,
                codes.matrix().address(place),
                codes.steps().address(place),
                to.factors().address());
    }

    @Override
    public void project(Worker worker, Codes codes, int rows, Layer layer, Matrix y, int first) {
        product(worker, codes, 0, rows, layer, y, first, false, Activation.NONE, MemorySegment.NULL);
    }

    @Override
    public void activate(
            Worker worker, Codes codes, int rows, Layer layer, CodedActivation activation, Coding to, Codes results) {
        var y = worker.matrix("codes.values", DType.BF16, BAND, layer.weights().out());
        for (int row = 0; row < rows; row += BAND) {
            int count = Math.min(BAND, rows - row);
            product(worker, codes, row, count, layer, y, 0, false, activation.plain(), to.factors());
            quantise(worker, y, 0, count, to, results, row, false);
        }
    }

    @Override
    public void addNorm(
            Worker worker, Codes codes, int rows, Layer layer, Matrix h, int first, Norm norm, Coding to, Codes results) {
        product(worker, codes, 0, rows, layer, h, first, true, Activation.NONE, MemorySegment.NULL);
        norm(worker, h, first, rows, norm, to, results);
    }

    private void product(
            Worker worker,
            Codes codes,
            int from,
            int rows,
            Layer layer,
            Matrix y,
            int first,
            boolean add,
            Activation activation,
            MemorySegment factors) {
        var weights = layer.weights();
        var shape = new ProductCode.Shape(
                weights.in(), weights.out(), true, y.dtype(), y.columns(), add, activation, factors.address() != 0);
        var product = own.product(shape);
        var sums = worker.matrix("product.sums", DType.I8, 1, product.sumBytes());
        worker.run(
                product.code(),
                codes.matrix().address(from),
                weights.codes().address(),
                y.address(first),
                rows,
                sums.address(0),
                layer.bias().address(),
                weights.scales().address(),
                weights.offsets().address(),
                factors.address(),
                codes.steps().address(from));
    }
}
