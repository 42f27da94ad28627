package ai.tutti.engine.nn;

import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.checkpoint.StoredTensor;
import ai.tutti.engine.tensor.Floats;
import java.util.Arrays;

/**
 * Reads a stored tensor's numbers in row-major order, whatever its rank and however its dimensions lie in the file.
 *
 * <p>Dimensions that lie behind one another are read as one, so a contiguous tensor of any rank is one run. What is left is
 * read two dimensions at a time, along whichever of the two is contiguous. A number that is not finite is refused by name.
 */
final class StoredNumbers {
    private final StoredTensor tensor;
    private final float[] target;
    private long[] shape = new long[0];
    private long[] strides = new long[0];

    private StoredNumbers(StoredTensor tensor, float[] target) {
        this.tensor = tensor;
        this.target = target;
    }

    /** Reads the whole tensor into {@code target} from {@code offset} on. */
    static void read(StoredTensor tensor, float[] target, int offset) {
        int first = tensor.shape().length == 0 ? 1 : (int) tensor.shape()[0];
        read(tensor, 0, first, target, offset);
    }

    /**
     * Reads a part of the tensor.
     *
     * @param first of the first dimension
     * @param count of the first dimension
     */
    static void read(StoredTensor tensor, int first, int count, float[] target, int offset) {
        if (!Floats.readable(tensor.dtype())) {
            throw new ModelLoadException("%s: tensor %s is stored as %s, which cannot be served: take the folder with the"
                            .formatted(tensor.file(), tensor.name(), tensor.dtype())
                    + " model's weights as F32, F16 or BF16");
        }
        StoredNumbers numbers = new StoredNumbers(tensor, target);
        long[] part = tensor.shape().clone();
        long start = 0;
        if (part.length > 0) {
            part[0] = count;
            start = first * tensor.strides()[0];
        }
        int size = (int) Arrays.stream(part).reduce(1, (a, b) -> a * b);
        if (size > 0) {
            numbers.merge(part);
            numbers.read(0, start, offset, size);
            numbers.check(offset, size, first * (long) (size / Math.max(1, count)));
        }
    }

    /** Leaves out dimensions of one, and makes one of two where the outer one's step is the inner one's length. */
    private void merge(long[] part) {
        int rank = 0;
        shape = new long[part.length];
        strides = new long[part.length];
        for (int i = 0; i < part.length; i++) {
            long stride = tensor.strides()[i];
            if (part[i] == 1) {
                continue;
            }
            if (rank > 0 && strides[rank - 1] == part[i] * stride) {
                shape[rank - 1] *= part[i];
                strides[rank - 1] = stride;
            } else {
                shape[rank] = part[i];
                strides[rank++] = stride;
            }
        }
        shape = Arrays.copyOf(shape, rank);
        strides = Arrays.copyOf(strides, rank);
    }

    /** @param size how many numbers the dimensions from {@code dimension} on have together */
    private void read(int dimension, long start, int offset, int size) {
        int left = shape.length - dimension;
        if (left == 2) {
            plane(dimension, start, offset);
        } else if (left == 0) {
            run(start, 1, offset, 1);
        } else if (left == 1) {
            run(start, strides[dimension], offset, size);
        } else {
            int inner = size / (int) shape[dimension];
            for (int i = 0; i < shape[dimension]; i++) {
                read(dimension + 1, start + i * strides[dimension], offset + i * inner, inner);
            }
        }
    }

    private void plane(int dimension, long start, int offset) {
        int rows = (int) shape[dimension];
        int columns = (int) shape[dimension + 1];
        long rowStride = strides[dimension];
        long columnStride = strides[dimension + 1];
        if (columnStride == 1) {
            for (int row = 0; row < rows; row++) {
                run(start + row * rowStride, 1, offset + row * columns, columns);
            }
            return;
        }
        float[] line = new float[rows];
        for (int column = 0; column < columns; column++) {
            Floats.read(tensor.data(), tensor.dtype(), start + column * columnStride, rowStride, line, 0, rows);
            for (int row = 0; row < rows; row++) {
                target[offset + row * columns + column] = line[row];
            }
        }
    }

    private void run(long start, long stride, int offset, int count) {
        Floats.read(tensor.data(), tensor.dtype(), start, stride, target, offset, count);
    }

    private void check(int offset, int size, long place) {
        for (int i = offset; i < offset + size; i++) {
            if (!Float.isFinite(target[i])) {
                throw new ModelLoadException("%s: tensor %s holds %s at place %d; the file is damaged"
                        .formatted(tensor.file(), tensor.name(), target[i], place + i - offset));
            }
        }
    }
}
