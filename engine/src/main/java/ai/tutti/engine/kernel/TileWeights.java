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

    /** How many panels of outputs there are. */
    public int panels() {
        return out / ProductCode.PANEL;
    }

    /** The first output of a panel. */
    public static int output(int panel) {
        return panel * ProductCode.PANEL;
    }

    /** The weights of some panels' outputs. */
    public TileWeights slice(int first, int count) {
        long panelBytes = data.byteSize() / panels();
        return new TileWeights(in, output(count), dtype, data.asSlice(first * panelBytes, count * panelBytes));
    }

    /** Whether a layer's weights can be packed so. */
    static boolean fit(int in, int out, DType dtype) {
        return ProductCode.fits(in * dtype.bytes()) && out % ProductCode.PANEL == 0;
    }
}
