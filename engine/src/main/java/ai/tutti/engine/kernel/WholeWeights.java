package ai.tutti.engine.kernel;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;

/**
 * Weights in the layout that oneDNN's products like best on this CPU.
 *
 * @param layout shape, type and the oneDNN description of the layout
 * @param data the packed numbers
 */
public record WholeWeights(Layout layout, MemorySegment data) implements PackedWeights {
    public WholeWeights {
        requireNonNull(layout, "layout is null");
        requireNonNull(data, "data is null");
    }

    @Override
    public int in() {
        return layout.in();
    }

    @Override
    public int out() {
        return layout.out();
    }

    @Override
    public long bytes() {
        return data.byteSize();
    }
}
