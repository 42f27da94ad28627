package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.Cpu;
import ai.tutti.engine.kernel.DigitLoops;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Products for models in which bf16's rounding grows too large: in f32, or of integers of 16 bits in two digits of eight, whose
 * sums are exact ({@link ai.tutti.engine.kernel.DigitWeights}).
 *
 * <p>A number in bf16 keeps 8 bits. What is rounded off the weights counts most: it is the same at every position, and where
 * positions are alike, as padding is, nothing averages it out. Here weights have a scale for each output, and a tile's rows one
 * for them all; both keep 15 bits of the largest number and 11 to 13 of a usual one. That takes three products of bytes, each at
 * twice bf16's rate on AMX, which has ten times f32's.
 */
public final class Operands {
    /** What oneDNN's products of bytes want of a matrix's sides. */
    private static final int MULTIPLE = 32;

    private final boolean digits;

    /**
     * @param type that was asked for: f32, or bf16
     * @param cpu computes with digits instead of bf16 if it multiplies bytes well, and otherwise with f32
     * @param in numbers that go into a layer: each a multiple of 32, or all is computed with f32
     */
    public Operands(DType type, Cpu cpu, int... in) {
        digits = type != DType.F32
                && cpu.isa().compareTo(Cpu.Isa.AVX512_VNNI) >= 0
                && DigitLoops.supported()
                && Arrays.stream(in).allMatch(size -> size % MULTIPLE == 0);
    }

    /** Whether products are f32. */
    public boolean exact() {
        return !digits;
    }

    /**
     * Rows as products take them.
     *
     * @param x f32, or digits in blocks
     * @param scales of digits: two numbers in f32
     */
    public record Operand(Matrix x, @Nullable MemorySegment scales) {}

    /** A layer {@code [bias.length, in]}. */
    public FineLinear pack(Weights weights, float[] weight, int in, float[] bias) {
        return digits
                ? new FineLinear.Digits(weights.digits(weight, in), weights.vector(bias))
                : new FineLinear.Floats(weights.pack(weight, in, bias, DType.F32));
    }

    /**
     * The first columns of some rows as layers of {@code block} inputs take them.
     *
     * @param name of working memory, for what is made
     * @param x f32
     * @param columns how many; a multiple of {@code block}
     */
    public Operand of(Worker worker, String name, Matrix x, int columns, int block, int count) {
        if (!digits) {
            return new Operand(x, null);
        }
        return digits(worker, name, x, columns, block, count);
    }

    /** As {@link #of}, for an x that changes before the result is used. */
    public Operand kept(Worker worker, String name, Matrix x, int columns, int block, int count) {
        if (!digits) {
            var copy = worker.matrix(name, DType.F32, x.rows(), x.columns());
            x.copyRows(0, copy, 0, count);
            return new Operand(copy, null);
        }
        return digits(worker, name, x, columns, block, count);
    }

    private static Operand digits(Worker worker, String name, Matrix x, int columns, int block, int count) {
        var scales = worker.matrix(name + ".scales", DType.F32, 1, 2).data();
        var split = worker.matrix(name, DType.I8, x.rows(), 2 * columns);
        DigitLoops.split(x, columns, block, count, split, scales);
        return new Operand(split, scales);
    }
}
