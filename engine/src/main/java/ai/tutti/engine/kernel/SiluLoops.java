package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The vector loop of a gated feed-forward: {@code gate / (1 + exp(-gate)) * up}, at half the cost of oneDNN's post-operations. */
public final class SiluLoops {
    private static final VectorSpecies<Float> LANES = RingPasses.LANES;
    private static final int WIDTH = RingPasses.WIDTH;
    private static final ByteOrder ORDER = RingPasses.ORDER;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT;
    /** Beyond, the exponential leaves a float's range: {@code silu(-87)} is -1e-36 already. */
    private static final float MOST = 87;

    private SiluLoops() {}

    /**
     * Gates some rows.
     *
     * @param gates f32, {@code [rows, columns]}; the result is written over it where {@code target} is f32
     * @param ups f32, {@code [rows, columns]}
     * @param target f32 or bf16, {@code [rows, columns]}
     */
    public static void gate(Matrix gates, Matrix ups, int first, int rows, Matrix target) {
        int columns = gates.columns();
        for (int row = first; row < first + rows; row++) {
            long from = row * gates.rowBytes();
            long to = row * target.rowBytes();
            int done = target.dtype() == DType.F32
                    ? gate(gates.data(), ups.data(), from, columns, target.data(), to)
                    : gateToBf16(gates.data(), ups.data(), from, columns, target.data(), to);
            for (int i = done; i < columns; i++) {
                float gate = gates.data().get(F32, from + i * (long) Float.BYTES);
                float power = SameBits.exp(Math.min(-gate, MOST));
                float value = gate / (1 + power) * ups.data().get(F32, from + i * (long) Float.BYTES);
                if (target.dtype() == DType.F32) {
                    target.data().set(F32, to + i * (long) Float.BYTES, value);
                } else {
                    target.data().set(BF16, to + i * (long) Short.BYTES, Floats.toBf16(value));
                }
            }
        }
    }

    private static int gate(MemorySegment gates, MemorySegment ups, long from, int columns, MemorySegment to, long place) {
        int i = 0;
        for (; i + WIDTH <= columns; i += WIDTH) {
            long f = from + i * (long) Float.BYTES;
            var gate = FloatVector.fromMemorySegment(LANES, gates, f, ORDER);
            var x = gate.neg().min(MOST).max(-MOST);
            var shifted = x.fma(FloatVector.broadcast(LANES, Exp.PER_LN2), FloatVector.broadcast(LANES, Exp.ROUND));
            var r = x.fma(FloatVector.broadcast(LANES, Exp.PER_LN2), shifted.sub(Exp.ROUND).neg());
            var p = r.fma(FloatVector.broadcast(LANES, Exp.C6), FloatVector.broadcast(LANES, Exp.C5));
            p = p.fma(r, FloatVector.broadcast(LANES, Exp.C4));
            p = p.fma(r, FloatVector.broadcast(LANES, Exp.C3));
            p = p.fma(r, FloatVector.broadcast(LANES, Exp.C2));
            p = p.fma(r, FloatVector.broadcast(LANES, Exp.C1));
            p = p.fma(r, FloatVector.broadcast(LANES, 1));
            var power = p.reinterpretAsInts()
                    .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, Exp.EXPONENT))
                    .reinterpretAsFloats();
            gate.div(power.add(1))
                    .mul(FloatVector.fromMemorySegment(LANES, ups, f, ORDER))
                    .intoMemorySegment(to, place + i * (long) Float.BYTES, ORDER);
        }
        return i;
    }

    private static int gateToBf16(
            MemorySegment gates, MemorySegment ups, long from, int columns, MemorySegment to, long place) {
        int i = 0;
        for (; i + WIDTH <= columns; i += WIDTH) {
            long f = from + i * (long) Float.BYTES;
            var gate = FloatVector.fromMemorySegment(LANES, gates, f, ORDER);
            var x = gate.neg().min(MOST).max(-MOST);
            var shifted = x.fma(FloatVector.broadcast(LANES, Exp.PER_LN2), FloatVector.broadcast(LANES, Exp.ROUND));
            var r = x.fma(FloatVector.broadcast(LANES, Exp.PER_LN2), shifted.sub(Exp.ROUND).neg());
            var p = r.fma(FloatVector.broadcast(LANES, Exp.C6), FloatVector.broadcast(LANES, Exp.C5));
            p = p.fma(r, FloatVector.broadcast(LANES, Exp.C4));
            p = p.fma(r, FloatVector.broadcast(LANES, Exp.C3));
            p = p.fma(r, FloatVector.broadcast(LANES, Exp.C2));
            p = p.fma(r, FloatVector.broadcast(LANES, Exp.C1));
            p = p.fma(r, FloatVector.broadcast(LANES, 1));
            var power = p.reinterpretAsInts()
                    .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, Exp.EXPONENT))
                    .reinterpretAsFloats();
            var value = gate.div(power.add(1)).mul(FloatVector.fromMemorySegment(LANES, ups, f, ORDER));
            RowLoops.rounded(value).intoMemorySegment(to, place + i * (long) Short.BYTES, ORDER);
        }
        return i;
    }
}
