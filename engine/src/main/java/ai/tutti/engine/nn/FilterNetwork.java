package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.RowLoops;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;

/**
 * The small network that gives a long filter's values from features of the lag (Poli et al., Hyena Hierarchy, 2023,
 * arXiv:2302.10866, appendix D): {@code a = sin(freq * (A a + b))} three times, then {@code A a}. In f32 whatever the
 * precision of the model's products.
 */
final class FilterNetwork {
    private static final int ROWS = 1024;

    private final List<Linear> layers;
    /** The sines' factors, of each layer but the last. */
    private final List<MemorySegment> frequencies;
    private final int order;
    private final int channels;

    private FilterNetwork(List<Linear> layers, List<MemorySegment> frequencies, int order, int channels) {
        this.layers = layers;
        this.frequencies = frequencies;
        this.order = order;
        this.channels = channels;
    }

    /**
     * @param name the network's tensors' prefix
     * @param shared the name of the tensor with the sines' factors where a sine has none of its own
     * @param features numbers that go in
     * @param order numbers between the layers
     * @param hidden numbers that come out
     */
    static FilterNetwork read(Weights weights, String name, String shared, int features, int order, int hidden) {
        int inner = Lanes.pad(order);
        int channels = Lanes.pad(hidden);
        var layers = List.of(
                layer(weights, name + ".0", features, features, order, inner, true),
                layer(weights, name + ".2", order, inner, order, inner, true),
                layer(weights, name + ".4", order, inner, order, inner, true),
                layer(weights, name + ".6", order, inner, hidden, channels, false));
        var frequencies = Stream.of(".1.freq", ".3.freq", ".5.freq")
                .map(own -> weights.has(name + own) ? name + own : shared)
                .map(tensor -> weights.vector(Lanes.pad(weights.floats(tensor, 1, order), 1, order, 1, inner)))
                .toList();
        return new FilterNetwork(layers, frequencies, inner, channels);
    }

    private static Linear layer(Weights weights, String name, int in, int paddedIn, int out, int paddedOut, boolean bias) {
        var weight = Lanes.pad(weights.floats(name + ".weight", out, in), out, in, paddedOut, paddedIn);
        var added = bias ? Lanes.pad(weights.floats(name + ".bias", out), 1, out, 1, paddedOut) : new float[paddedOut];
        return weights.pack(weight, paddedIn, added, DType.F32);
    }

    /**
     * The filter before its decay.
     *
     * @param features {@code [lags, features]}
     * @param result f32, {@code [lags, channels]}
     */
    void apply(Worker worker, float[] features, int lags, Matrix result) {
        int in = layers.getFirst().in();
        int room = Kernels.bucket(ROWS);
        var x = worker.matrix("filter.features", DType.F32, room, in);
        var a = worker.matrix("filter.odd", DType.F32, room, order);
        var b = worker.matrix("filter.even", DType.F32, room, order);
        var y = worker.matrix("filter.values", DType.F32, room, channels);
        for (int first = 0; first < lags; first += ROWS) {
            int count = Math.min(ROWS, lags - first);
            MemorySegment.copy(features, first * in, x.data(), ValueLayout.JAVA_FLOAT, 0, count * in);
            layers.get(0).apply(worker, count, x, Activation.NONE, a);
            RowLoops.sine(a, count, frequencies.get(0));
            layers.get(1).apply(worker, count, a, Activation.NONE, b);
            RowLoops.sine(b, count, frequencies.get(1));
            layers.get(2).apply(worker, count, b, Activation.NONE, a);
            RowLoops.sine(a, count, frequencies.get(2));
            layers.get(3).apply(worker, count, a, Activation.NONE, y);
            MemorySegment.copy(y.data(), 0, result.data(), first * result.rowBytes(), count * result.rowBytes());
        }
    }
}
