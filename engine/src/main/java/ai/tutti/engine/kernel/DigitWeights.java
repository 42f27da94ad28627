package ai.tutti.engine.kernel;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A linear layer's weights as integers of 16 bits, each row with a scale, in two digits of eight bits: {@code w = s (256 h + l)}.
 * Rows that are multiplied with them are of two digits as well ({@link DigitLoops}), and
 *
 * <pre>
 * x w = s s' (65536 h h' + 256 (h l' + l h') + l l')
 * </pre>
 *
 * is two products of integers, {@code h} by {@code h'} and {@code [h | l]} by {@code [l' | h']}; {@code l l'}, at most 2^-14 of the
 * largest, is left out. Sums of integers are exact.
 *
 * @param high layout of {@code h' [out, in]}
 * @param mixed layout of {@code [l' | h'] [out, 2 * in]}
 * @param highData the first, packed
 * @param mixedData the second, packed
 * @param scales f32, {@code [out]}
 */
public record DigitWeights(
        PackedWeights.Layout high,
        PackedWeights.Layout mixed,
        MemorySegment highData,
        MemorySegment mixedData,
        MemorySegment scales) {
    public DigitWeights {
        requireNonNull(high, "high is null");
        requireNonNull(mixed, "mixed is null");
        requireNonNull(highData, "highData is null");
        requireNonNull(mixedData, "mixedData is null");
        requireNonNull(scales, "scales is null");
    }

    static DigitWeights of(
            OneDnn oneDnn, float[] weight, PackedWeights.Layout high, PackedWeights.Layout mixed, Arena owner) {
        int in = high.in();
        int out = high.out();
        var scales = owner.allocate((long) out * Float.BYTES, 64);
        var h = new byte[out * in];
        var both = new byte[2 * out * in];
        var digits = new int[in];
        for (int row = 0; row < out; row++) {
            scales.setAtIndex(ValueLayout.JAVA_FLOAT, row, DigitLoops.digits(weight, row * in, digits));
            for (int i = 0; i < in; i++) {
                int first = DigitLoops.high(digits[i]);
                h[row * in + i] = (byte) first;
                both[row * 2 * in + i] = (byte) (digits[i] - (first << Byte.SIZE));
                both[row * 2 * in + in + i] = (byte) first;
            }
        }
        return new DigitWeights(high, mixed, packed(oneDnn, h, high, owner), packed(oneDnn, both, mixed, owner), scales);
    }

    /** At once, not by parts: some CPUs' layouts end with sums over whole columns. */
    private static MemorySegment packed(OneDnn oneDnn, byte[] values, PackedWeights.Layout layout, Arena owner) {
        var packed = owner.allocate(oneDnn.size(layout.desc()), 64);
        int in = layout.in();
        try (var scratch = Arena.ofConfined();
                var handles = new Handles()) {
            var dense = scratch.allocate(values.length, 64);
            MemorySegment.copy(values, 0, dense, ValueLayout.JAVA_BYTE, 0, values.length);
            // [out, in] read as [in, out]
            long view = handles.add(
                    oneDnn.strided(DType.I8, new long[] {in, layout.out()}, new long[] {1, in}), oneDnn::destroyDesc);
            long reorder = handles.add(oneDnn.reorderDesc(view, layout.desc()), oneDnn::destroyPrimitiveDesc);
            long primitive = handles.add(oneDnn.primitive(reorder), oneDnn::destroyPrimitive);
            long stream = handles.add(oneDnn.stream(), oneDnn::destroyStream);
            var arguments = new Arguments(scratch, OneDnn.ARG_SRC, OneDnn.ARG_DST);
            arguments.set(0, handles.add(oneDnn.memory(view, dense.address()), oneDnn::destroyMemory));
            arguments.set(1, handles.add(oneDnn.memory(layout.desc(), packed.address()), oneDnn::destroyMemory));
            oneDnn.execute(primitive, stream, 2, arguments.address());
        }
        return packed;
    }

    /** Native memory that they take. */
    public long bytes() {
        return highData.byteSize() + mixedData.byteSize() + scales.byteSize();
    }

    /**
     * A product over rows of digits.
     *
     * @param rows how many; at least 2
     * @param x address of the first row's first digit: {@code [h | l]} of {@code 2 * in} columns
     * @param stride digits from one row to the next
     * @param scales address of two f32: x's scale times 65536, and times 256
     * @param y address of the first result, f32
     * @param columns numbers from one row of y to the next
     * @param combine what becomes of the product
     * @param other the bias, or the factor; 0 when there is none
     */
    public void multiply(
            Worker worker,
            int rows,
            long x,
            int stride,
            long scales,
            long y,
            int columns,
            PlanSpec.Combine combine,
            long other) {
        boolean adds = combine == PlanSpec.Combine.ADD;
        long weightScales = this.scales.address();
        worker.integers(
                new PlanSpec.Integers(rows, high, stride, columns, adds, null),
                x,
                scales,
                highData.address(),
                weightScales,
                y,
                0);
        worker.integers(
                new PlanSpec.Integers(rows, mixed, stride, columns, true, combine),
                x,
                scales + Float.BYTES,
                mixedData.address(),
                weightScales,
                y,
                other);
    }
}
