package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * A linear layer's weights in the layout that oneDNN's products like best on this CPU. The same bytes serve products of any
 * number of rows, on any thread.
 *
 * @param layout shape, type and the oneDNN description of the layout
 * @param data the packed numbers
 */
public record PackedWeights(Layout layout, MemorySegment data) {
    /**
     * How weights are packed; equal layouts are one object's, so plans of equal layers are shared.
     *
     * @param in numbers that go in
     * @param out numbers that come out
     * @param dtype how a number is stored
     * @param desc oneDNN's description, kept as long as the process
     */
    public record Layout(int in, int out, DType dtype, long desc) {}
}
