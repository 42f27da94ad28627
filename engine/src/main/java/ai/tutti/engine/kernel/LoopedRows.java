package ai.tutti.engine.kernel;

import ai.tutti.engine.kernel.CodeLoops.Codes;
import ai.tutti.engine.kernel.CodeLoops.Coding;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;

/** By oneDNN's products and {@link CodeLoops}. */
final class LoopedRows implements CodedRows {
    private final Kernels kernels;

    LoopedRows(Kernels kernels) {
        this.kernels = kernels;
    }

    @Override
    public CodedWeights pack(float[] weight, int in, int zero, Arena arena) {
        try (var packing = kernels.codePacking(in, weight.length / in, arena)) {
            return CodedWeights.pack(packing, weight, zero, arena);
        }
    }

    @Override
    public void norm(Worker worker, Matrix h, int first, int rows, Norm norm, Coding to, Codes codes) {
        var spec = new PlanSpec.LayerNorm(rows, h.columns(), norm.epsilon(), DType.F32);
        worker.layerNorm(spec, h.address(first), norm.scale(), norm.shift(), h.address(first));
        quantise(worker, h, first, rows, to, codes);
    }

    @Override
    public void quantise(Worker worker, Matrix x, int first, int rows, Coding to, Codes codes) {
        CodeLoops.quantise(x, first, rows, to, codes);
    }

    @Override
    public void project(Worker worker, Codes codes, int rows, Layer layer, Matrix y, int first) {
        CodeLoops.rescale(product(worker, codes, rows, layer), rows, layer.bias(), codes, y, first);
    }

    @Override
    public void activate(
            Worker worker, Codes codes, int rows, Layer layer, CodedActivation activation, Coding to, Codes results) {
        var y = product(worker, codes, rows, layer);
        CodeLoops.activate(y, rows, layer.bias(), codes, activation, to, results);
    }

    @Override
    public void addNorm(
            Worker worker, Codes codes, int rows, Layer layer, Matrix h, int first, Norm norm, Coding to, Codes results) {
        var y = product(worker, codes, rows, layer);
        CodeLoops.addNorm(
                y, rows, layer.bias(), codes, h, first, norm.scale(), norm.shift(), norm.epsilon(), to, results);
    }

    /** The product alone: it still lacks the rows' steps and the bias. */
    private static Matrix product(Worker worker, Codes codes, int rows, Layer layer) {
        var weights = layer.weights();
        var y = worker.matrix("codes.results", DType.BF16, codes.matrix().rows(), weights.out());
        worker.coded(rows, codes.matrix().address(0), weights, y);
        return y;
    }
}
