package ai.tutti.engine.checkpoint;

/** How many numbers a shape has, without being led astray by shapes that lie. */
final class TensorSize {
    private TensorSize() {}

    /** The product of the dimensions, or -1 when one is negative or the product is beyond 2^62. */
    static long elements(long[] shape) {
        long elements = 1;
        for (long dimension : shape) {
            if (dimension < 0 || (dimension != 0 && elements > (1L << 62) / dimension)) {
                return -1;
            }
            elements *= dimension;
        }
        return elements;
    }

    /** Whether a tensor of that shape fills exactly so many bytes. */
    static boolean fills(long[] shape, int bytesEach, long bytes) {
        long elements = elements(shape);
        return elements >= 0 && bytes % bytesEach == 0 && bytes / bytesEach == elements;
    }

    /** The strides of a tensor whose last index runs fastest. */
    static long[] rowMajor(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= shape[i];
        }
        return strides;
    }

    /** How many numbers a view reaches over, from its first to its last; -1 when strides and shape make no sense. */
    static long span(long[] shape, long[] strides) {
        if (strides.length != shape.length) {
            return -1;
        }
        long span = 1;
        boolean empty = false;
        for (int i = 0; i < shape.length; i++) {
            empty |= shape[i] == 0;
            long steps = shape[i] - 1;
            if (shape[i] < 0 || strides[i] < 0 || (steps > 0 && strides[i] > ((1L << 62) - span) / steps)) {
                return -1;
            }
            span += Math.max(0, steps) * strides[i];
        }
        return empty ? 0 : span;
    }
}
