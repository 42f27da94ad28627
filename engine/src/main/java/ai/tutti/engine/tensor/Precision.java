package ai.tutti.engine.tensor;

import java.util.Locale;

/** The arithmetic of a model's matrix products. Accumulation, residual, norms and softmax are f32 in all of them. */
public enum Precision {
    /** Products of 32-bit floats. */
    F32,
    /** Products of bfloat16 values, summed in 32-bit floats. */
    BF16;

    /** The name on the wire and the command line: {@code f32}, {@code bf16}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
