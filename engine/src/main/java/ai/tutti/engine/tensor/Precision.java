package ai.tutti.engine.tensor;

import java.util.Locale;

/** The arithmetic of a model's matrix products. Accumulation, residual, norms and softmax are f32 in all of them. */
public enum Precision {
    /** Products of 32-bit floats. */
    F32,
    /** Products of bfloat16 values, summed in 32-bit floats. */
    BF16,
    /**
     * Of BERT and XLM-RoBERTa: products of bytes, summed exactly, with a scale an output and a step a token; attention as
     * {@code auto} has it.
     *
     * <p>Of decoders: weights of eight bits with a scale for every 64, for large models in little memory. They are unpacked for
     * products of bfloat16 values where the CPU gains by those, and of 32-bit floats elsewhere.
     */
    INT8;

    /** The name on the wire and the command line: {@code f32}, {@code bf16}, {@code int8}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
