package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.CodedRows;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.PlanSpec;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code (x - mean) / sqrt(variance + epsilon) * scale + shift} over each row, with the population's variance (Ba et al.,
 * 2016, arXiv:1607.06450).
 *
 * @param scale f32, {@code [columns]}
 * @param shift f32, {@code [columns]}
 * @param epsilon added to the variance
 */
public record LayerNorm(MemorySegment scale, MemorySegment shift, float epsilon) {
    private static final int LEAST_ROWS = 128;

    public LayerNorm {
        requireNonNull(scale, "scale is null");
        requireNonNull(shift, "shift is null");
    }

    /**
     * Normalises x (f32) in place, and writes it to {@code copy} too, in the products' type.
     *
     * @param copy x itself when products are f32
     */
    public void apply(Worker worker, int rows, Matrix x, Matrix copy) {
        worker.split(Kernels.bucket(rows), LEAST_ROWS, (w, first, count) -> {
            if (copy.dtype() == DType.BF16 && w.layerNorm(x, first, count, scale, shift, epsilon, copy)) {
                return;
            }
            if (copy.dtype() != DType.F32) {
                write(w, first, count, x, copy);
            }
            write(w, first, count, x, x);
        });
    }

    /**
     * A residual connection and the norm behind it: {@code h = LN(h + layer(x))}, and a copy in the products' type.
     *
     * @param h f32
     * @param copy h itself when products are f32
     */
    public void applyAfter(Worker worker, int rows, Linear layer, Matrix x, Matrix h, Matrix copy) {
        if (copy.dtype() == DType.BF16 && !layer.addsAtOnce() && worker.normsAtOnce(h.columns())) {
            var added = worker.matrix("norm.added", DType.F32, h.rows(), h.columns());
            layer.apply(worker, rows, x, Activation.NONE, added);
            worker.split(
                    Kernels.bucket(rows),
                    LEAST_ROWS,
                    (w, first, count) -> w.layerNormOfSum(h, added, first, count, scale, shift, epsilon, copy));
        } else {
            layer.addTo(worker, rows, x, h);
            apply(worker, rows, h, copy);
        }
    }

    /** Writes x (f32), normalised, to {@code y}, which may be x; rows up to {@link Kernels#bucket} are computed. */
    public void write(Worker worker, int rows, Matrix x, Matrix y) {
        worker.split(Kernels.bucket(rows), LEAST_ROWS, (w, first, count) -> write(w, first, count, x, y));
    }

    private void write(Worker worker, int first, int count, Matrix x, Matrix y) {
        var spec = new PlanSpec.LayerNorm(count, x.columns(), epsilon, y.dtype());
        worker.layerNorm(spec, x.address(first), scale, shift, y.address(first));
    }

    /** The norm as rows of codes go through it. */
    public CodedRows.Norm norm() {
        return new CodedRows.Norm(scale, shift, epsilon);
    }

    /** Rows that are known at load, normalised: {@code [rows, columns]}. */
    public float[] applied(float[] x) {
        int columns = (int) (scale.byteSize() / Float.BYTES);
        var y = new float[x.length];
        for (int start = 0; start < x.length; start += columns) {
            double mean = 0;
            for (int i = start; i < start + columns; i++) {
                mean += x[i] / (double) columns;
            }
            double variance = 0;
            for (int i = start; i < start + columns; i++) {
                variance += (x[i] - mean) * (x[i] - mean) / columns;
            }
            double factor = 1 / Math.sqrt(variance + epsilon);
            for (int i = 0; i < columns; i++) {
                double normal = (x[start + i] - mean) * factor;
                y[start + i] = (float) (normal * scale.getAtIndex(ValueLayout.JAVA_FLOAT, i)
                        + shift.getAtIndex(ValueLayout.JAVA_FLOAT, i));
            }
        }
        return y;
    }
}
