package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.LongConvolver;
import ai.tutti.engine.kernel.RowLoops;
import ai.tutti.engine.kernel.Spectra;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongFunction;

/**
 * A depthwise convolution whose filter reaches over the whole text in both directions and is computed from its weights
 * (M2-BERT: Fu et al., Monarch Mixer, 2023, arXiv:2310.12109): {@code y[t] = Σ ahead[t - s] x[s] (s <= t) +
 * Σ behind[s - t - 1] x[s] (s > t) + bias x[t]} with {@code ahead[n, c] = network(z[n])[c] exp(-t[n] |delta[c]|)}, and
 * {@code behind} likewise with a network of its own. z and t are learned and are taken as they are stored.
 */
public final class LongConvolution {
    private final FilterNetwork ahead;
    private final FilterNetwork behind;
    private final float[] features;
    private final float[] times;
    private final MemorySegment rates;
    private final float[] bias;
    private final int channels;

    private LongConvolution(
            FilterNetwork ahead,
            FilterNetwork behind,
            float[] features,
            float[] times,
            MemorySegment rates,
            float[] bias) {
        this.ahead = ahead;
        this.behind = behind;
        this.features = features;
        this.times = times;
        this.rates = rates;
        this.bias = bias;
        this.channels = bias.length;
    }

    /**
     * Reads the filter's weights.
     *
     * @param name the tensors' prefix
     * @param positions the longest text
     * @param hidden channels
     * @param embedding numbers that describe a lag
     * @param order width of the networks
     */
    public static LongConvolution read(
            Weights weights, String name, int positions, int hidden, int embedding, int order) {
        var network = name + ".implicit_filter";
        // One tensor for all six sines of both networks; a file may hold it six times or once.
        var frequency = network + ".1.freq";
        int channels = Lanes.pad(hidden);
        var rates = Lanes.pad(weights.floats(name + ".modulation.deltas", 1, 1, hidden), 1, hidden, 1, channels);
        for (int i = 0; i < rates.length; i++) {
            rates[i] = Math.abs(rates[i]);
        }
        return new LongConvolution(
                FilterNetwork.read(weights, network, frequency, embedding, order, hidden),
                FilterNetwork.read(weights, network + "_rev", frequency, embedding, order, hidden),
                weights.floats(name + ".pos_emb.z", 1, positions, embedding),
                weights.floats(name + ".pos_emb.t", 1, positions, 1),
                weights.vector(rates),
                Lanes.pad(weights.floats(name + ".bias", hidden), 1, hidden, 1, channels));
    }

    /**
     * All channels' filters for texts of at most so many positions.
     *
     * @param spectra of the channels
     * @param gains how much larger a channel's results can be than the largest of its numbers: the sum of the filter's absolute weights
     */
    public record Filter(Spectra spectra, float[] gains) {
        public Filter {
            requireNonNull(spectra, "spectra is null");
            requireNonNull(gains, "gains is null");
        }
    }

    /**
     * The filters.
     *
     * @param type in which spectra are kept: f32 or i16
     * @param memory gives room for so many numbers in f32
     */
    public Filter filter(Worker worker, int positions, DType type, LongFunction<MemorySegment> memory) {
        var convolver = LongConvolver.of(positions);
        int width = LongConvolver.width();
        int blocks = channels / width;
        var spectra = Spectra.room(type, convolver, blocks, memory);
        int lags = Math.min(positions, times.length);
        var gains = new float[channels];
        try (var scratch = Arena.ofConfined()) {
            var a = values(worker, ahead, lags, scratch);
            var b = values(worker, behind, lags, scratch);
            var aheadBlock = new float[lags * width];
            var behindBlock = new float[lags * width];
            for (int block = 0; block < blocks; block++) {
                cut(a, block, lags, aheadBlock);
                cut(b, block, lags, behindBlock);
                for (int lane = 0; lane < width; lane++) {
                    aheadBlock[lane] += bias[block * width + lane];
                }
                for (int i = 0; i < lags * width; i++) {
                    gains[block * width + i % width] += Math.abs(aheadBlock[i]) + Math.abs(behindBlock[i]);
                }
                convolver.spectrum(worker, aheadBlock, behindBlock, lags, spectra, block);
            }
        }
        return new Filter(spectra, gains);
    }

    /** What each position weighs in the result at position 0, in blocks {@code [channels / width][positions][width]}. */
    public MemorySegment first(Worker worker, LongFunction<MemorySegment> memory) {
        int width = LongConvolver.width();
        int lags = times.length;
        var weights = memory.apply((long) channels * lags);
        try (var scratch = Arena.ofConfined()) {
            var a = values(worker, ahead, 1, scratch);
            var b = values(worker, behind, lags, scratch);
            var block = new float[lags * width];
            for (int i = 0; i < channels / width; i++) {
                cut(b, i, lags, block);
                System.arraycopy(block, 0, block, width, (lags - 1) * width);
                for (int lane = 0; lane < width; lane++) {
                    int channel = i * width + lane;
                    block[lane] = a.data().getAtIndex(ValueLayout.JAVA_FLOAT, channel) + bias[channel];
                }
                MemorySegment.copy(
                        block, 0, weights, ValueLayout.JAVA_FLOAT, (long) i * block.length * Float.BYTES, block.length);
            }
        }
        return weights;
    }

    private Matrix values(Worker worker, FilterNetwork network, int lags, Arena arena) {
        var values = new Matrix(
                arena.allocate((long) lags * channels * Float.BYTES, 64), DType.F32, lags, channels);
        network.apply(worker, features, lags, values);
        RowLoops.decay(values, lags, times, rates);
        return values;
    }

    private void cut(Matrix values, int block, int lags, float[] target) {
        int width = LongConvolver.width();
        for (int n = 0; n < lags; n++) {
            long from = n * values.rowBytes() + (long) block * width * Float.BYTES;
            MemorySegment.copy(values.data(), ValueLayout.JAVA_FLOAT, from, target, n * width, width);
        }
    }
}
