package ai.tutti.engine.kernel;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * Weights in the order in which {@link ProductCode} reads them: {@code [panels][steps][2][16 rows][16 columns]} words of four bytes,
 * which hold an output's next two bf16 or four codes. A panel is {@value ProductCode#PANEL} outputs; a row of a step's tile is the
 * next word of sixteen of them.
 *
 * @param in numbers that go in
 * @param out numbers that come out
 * @param dtype bf16 or codes with a sign
 * @param data the packed numbers
 */
public record TileWeights(int in, int out, DType dtype, MemorySegment data) implements PackedWeights {
    public TileWeights {
        requireNonNull(dtype, "dtype is null");
        requireNonNull(data, "data is null");
    }

    @Override
    public long bytes() {
        return data.byteSize();
    }

    /** Whether a layer's weights can be packed so. */
    static boolean fit(int in, int out, DType dtype) {
        return in * dtype.bytes() % ProductCode.LINE == 0 && out % ProductCode.PANEL == 0;
    }
}
