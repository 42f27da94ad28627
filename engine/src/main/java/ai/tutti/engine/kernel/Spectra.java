package ai.tutti.engine.kernel;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.LongFunction;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The spectra of all channels' filters, in blocks of channels as {@link LongConvolver} takes them: in f32, or as integers of 16
 * bits with a scale for each channel, half the memory and half of what a convolution reads. A number is then wrong by at most
 * 2^-16 of the channel's largest. (f16 would be wrong by 2^-12 of each: worse, since what is large is what counts.) A block of
 * integers begins with the channels' scales.
 *
 * @param type f32 or i16
 * @param size the transform's length
 * @param data blocks of {@link #blockBytes}
 */
public record Spectra(DType type, int size, MemorySegment data) {
    private static final int W = RingPasses.WIDTH;
    private static final ByteOrder ORDER = RingPasses.ORDER;
    private static final long HALF = (long) W * Short.BYTES;
    private static final float NOTHING = 1e-30f;

    public Spectra {
        requireNonNull(type, "type is null");
        requireNonNull(data, "data is null");
    }

    /**
     * Room for spectra.
     *
     * @param type f32 or i16
     * @param memory gives so many numbers in f32
     */
    public static Spectra room(DType type, LongConvolver convolver, int blocks, LongFunction<MemorySegment> memory) {
        return new Spectra(type, convolver.size(), memory.apply(blocks * bytes(type, convolver.size()) / Float.BYTES));
    }

    private static long bytes(DType type, int size) {
        return type == DType.F32 ? 2L * size * RingPasses.BYTES : RingPasses.BYTES + 2L * size * HALF;
    }

    /** Bytes of one block of channels. */
    public long blockBytes() {
        return bytes(type, size);
    }

    /** Where a block begins. */
    long address(int block) {
        return data.address() + block * blockBytes();
    }

    /** Keeps one block's spectrum, {@code [size, 2, width]} in f32. */
    void put(int block, float[] spectrum) {
        long place = block * blockBytes();
        if (type == DType.F32) {
            MemorySegment.copy(spectrum, 0, data, ValueLayout.JAVA_FLOAT, place, spectrum.length);
            return;
        }
        var bits = new short[spectrum.length];
        for (int lane = 0; lane < W; lane++) {
            float most = NOTHING;
            for (int i = lane; i < spectrum.length; i += W) {
                most = Math.max(most, Math.abs(spectrum[i]));
            }
            float scale = most / Short.MAX_VALUE;
            data.setAtIndex(ValueLayout.JAVA_FLOAT, place / Float.BYTES + lane, scale);
            for (int i = lane; i < spectrum.length; i += W) {
                bits[i] = (short) Math.round(spectrum[i] / scale);
            }
        }
        MemorySegment.copy(bits, 0, data, ValueLayout.JAVA_SHORT, place + RingPasses.BYTES, bits.length);
    }

    /** Multiplies each channel's spectrum; they are integers. */
    public void times(float[] factors) {
        if (type != DType.I16) {
            throw new IllegalStateException("spectra in f32 have no scales");
        }
        for (int channel = 0; channel < factors.length; channel++) {
            long place = channel / W * blockBytes() + channel % W * (long) Float.BYTES;
            data.set(ValueLayout.JAVA_FLOAT, place, data.get(ValueLayout.JAVA_FLOAT, place) * factors[channel]);
        }
    }

    /**
     * Some rows of a block of integers, widened.
     *
     * @param row the first, of {@code 2 * size} rows a block
     * @param to f32
     */
    void widen(int block, int row, int rows, MemorySegment to) {
        long place = block * blockBytes();
        var scales = FloatVector.fromMemorySegment(RingPasses.LANES, data, place, ORDER);
        long f = place + RingPasses.BYTES + row * HALF;
        long t = 0;
        for (int i = 0; i < rows; i++, f += HALF, t += RingPasses.BYTES) {
            ((FloatVector) ShortVector.fromMemorySegment(RowLoops.SHORTS, data, f, ORDER)
                            .convertShape(VectorOperators.S2F, RingPasses.LANES, 0))
                    .mul(scales)
                    .intoMemorySegment(to, t, ORDER);
        }
    }
}
