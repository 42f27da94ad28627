package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.NormLoops;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * {@code x / sqrt(mean(x²) + epsilon) * scale} over each row (Zhang and Sennrich, 2019, arXiv:1910.07467).
 *
 * @param scale f32, {@code [columns]}
 * @param epsilon added to the mean of squares
 */
public record RmsNorm(MemorySegment scale, float epsilon) {
    /** Rows that are worth a worker's while. */
    private static final int LEAST_ROWS = 64;

    public RmsNorm {
        requireNonNull(scale, "scale is null");
    }

    /** Writes x (f32), normalised, to {@code y}, f32 or bf16, which may be x; rows do not wait for one another. */
    public void write(Worker worker, int rows, Matrix x, Matrix y) {
        worker.split(rows, LEAST_ROWS, (member, first, count) -> NormLoops.rms(x, first, count, scale, epsilon, y));
    }
}
