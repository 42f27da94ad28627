package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.NormLoops;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * {@code x / sqrt(mean(x²) + epsilon) * scale} over each row (Zhang and Sennrich, 2019, arXiv:1910.07467).
 *
 * @param scale f32, {@code [columns]}
 * @param epsilon added to the mean of squares
 */
public record RmsNorm(MemorySegment scale, float epsilon) {
    public RmsNorm {
        requireNonNull(scale, "scale is null");
    }

    /** Writes x (f32), normalised, to {@code y}, f32 or bf16, which may be x. */
    public void write(int rows, Matrix x, Matrix y) {
        NormLoops.rms(x, rows, scale, epsilon, y);
    }
}
