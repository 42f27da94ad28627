package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Vector loops that scale rows to a length. */
public final class NormLoops {
    private static final VectorSpecies<Float> LANES = RingPasses.LANES;
    private static final int WIDTH = RingPasses.WIDTH;
    private static final ByteOrder ORDER = RingPasses.ORDER;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT;

    private NormLoops() {}

    /**
     * {@code y = x / sqrt(mean(x²) + epsilon) * scale} over each of some rows.
     *
     * @param x f32, {@code [rows, columns]}
     * @param scale f32, {@code [columns]}
     * @param y f32 or bf16, {@code [rows, columns]}; may be x
     */
    public static void rms(Matrix x, int first, int rows, MemorySegment scale, float epsilon, Matrix y) {
        int columns = x.columns();
        for (int row = first; row < first + rows; row++) {
            long from = row * x.rowBytes();
            float mean = squares(x.data(), from, columns) / columns;
            float factor = (float) (1 / Math.sqrt(mean + epsilon));
            if (y.dtype() == DType.F32) {
                scaled(x.data(), from, columns, factor, scale, y.data(), row * y.rowBytes());
            } else {
                scaledToBf16(x.data(), from, columns, factor, scale, y.data(), row * y.rowBytes());
            }
        }
    }

    /** The sum of squares, in four sums a lane: one alone would wait for itself. */
    private static float squares(MemorySegment x, long from, int columns) {
        var a = FloatVector.zero(LANES);
        var b = FloatVector.zero(LANES);
        var c = FloatVector.zero(LANES);
        var d = FloatVector.zero(LANES);
        int i = 0;
        for (; i + 4 * WIDTH <= columns; i += 4 * WIDTH) {
            long f = from + i * (long) Float.BYTES;
            var v = FloatVector.fromMemorySegment(LANES, x, f, ORDER);
            var w = FloatVector.fromMemorySegment(LANES, x, f + RingPasses.BYTES, ORDER);
            var y = FloatVector.fromMemorySegment(LANES, x, f + 2L * RingPasses.BYTES, ORDER);
            var z = FloatVector.fromMemorySegment(LANES, x, f + 3L * RingPasses.BYTES, ORDER);
            a = v.fma(v, a);
            b = w.fma(w, b);
            c = y.fma(y, c);
            d = z.fma(z, d);
        }
        for (; i + WIDTH <= columns; i += WIDTH) {
            var v = FloatVector.fromMemorySegment(LANES, x, from + i * (long) Float.BYTES, ORDER);
            a = v.fma(v, a);
        }
        float rest = 0;
        for (; i < columns; i++) {
            float v = x.get(F32, from + i * (long) Float.BYTES);
            rest += v * v;
        }
        return RowLoops.total(a.add(b).add(c.add(d))) + rest;
    }

    private static void scaled(
            MemorySegment x, long from, int columns, float factor, MemorySegment scale, MemorySegment y, long to) {
        int i = 0;
        for (; i + WIDTH <= columns; i += WIDTH) {
            long place = i * (long) Float.BYTES;
            FloatVector.fromMemorySegment(LANES, x, from + place, ORDER)
                    .mul(factor)
                    .mul(FloatVector.fromMemorySegment(LANES, scale, place, ORDER))
                    .intoMemorySegment(y, to + place, ORDER);
        }
        for (; i < columns; i++) {
            long place = i * (long) Float.BYTES;
            y.set(F32, to + place, x.get(F32, from + place) * factor * scale.get(F32, place));
        }
    }

    private static void scaledToBf16(
            MemorySegment x, long from, int columns, float factor, MemorySegment scale, MemorySegment y, long to) {
        int i = 0;
        for (; i + WIDTH <= columns; i += WIDTH) {
            long place = i * (long) Float.BYTES;
            var value = FloatVector.fromMemorySegment(LANES, x, from + place, ORDER)
                    .mul(factor)
                    .mul(FloatVector.fromMemorySegment(LANES, scale, place, ORDER));
            RowLoops.rounded(value).intoMemorySegment(y, to + i * (long) Short.BYTES, ORDER);
        }
        for (; i < columns; i++) {
            long place = i * (long) Float.BYTES;
            float value = x.get(F32, from + place) * factor * scale.get(F32, place);
            y.set(BF16, to + i * (long) Short.BYTES, Floats.toBf16(value));
        }
    }
}
