package ai.tutti.engine.checkpoint;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * A tensor as it lies in a file: a view, valid while its {@link Checkpoint} is open.
 *
 * @param name the tensor's name in the model's own terms (PyTorch's), after prefixes are taken off
 * @param dtype how a number is stored, little-endian
 * @param shape in the model's own terms; a linear layer's weight is {@code [out, in]} whatever the file's order
 * @param strides elements from one index to the next, a dimension each; {@code [in, 1]} for a plain {@code [out, in]}
 * @param data the numbers, as they lie in the file: at any address, not only at multiples of a number's size
 * @param file the file it came from, for messages
 */
public record StoredTensor(String name, DType dtype, long[] shape, long[] strides, MemorySegment data, String file) {}
