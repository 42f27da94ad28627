package ai.tutti.engine.family;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.FineLinear;
import ai.tutti.engine.nn.Operands;
import ai.tutti.engine.nn.Weights;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A mixer's input projection and the causal filter of three taps behind it: some of its three streams (0: x1, 1: x2, 2: v) in
 * groups of channels. A group's streams lie side by side, so that the filter can go over them while they are in the cache.
 *
 * @param groups one behind another
 * @param channels of each stream in a group
 * @param scales that the streams come with
 */
record M2Input(List<Group> groups, int channels, M2Scales scales) {
    private static final int STREAMS = 3;
    private static final int TAPS = 3;

    /**
     * Some channels.
     *
     * @param linear {@code [streams * channels, width]}
     * @param taps f32, {@code [4][streams * channels]}: the three taps and the bias
     */
    record Group(FineLinear linear, MemorySegment taps) {
        Group {
            requireNonNull(linear, "linear is null");
            requireNonNull(taps, "taps is null");
        }
    }

    M2Input {
        groups = List.copyOf(groups);
        requireNonNull(scales, "scales is null");
    }

    /**
     * Reads {@code in_linear} and {@code short_filter}.
     *
     * @param mixer the tensors' prefix
     * @param width the hidden size filled up to whole vectors
     * @param channels of a group; divides {@code width}
     * @param norm the name of the norm before the mixer if the streams are to be numbers of f16, or null
     */
    static M2Input read(
            Weights weights,
            Operands operands,
            String mixer,
            int hidden,
            int width,
            int channels,
            @Nullable String norm,
            int... streams) {
        var weight = weights.floats(mixer + "in_linear.weight", (long) STREAMS * hidden, hidden);
        var bias = weights.floats(mixer + "in_linear.bias", (long) STREAMS * hidden);
        var filter = weights.floats(mixer + "short_filter.weight", (long) STREAMS * hidden, 1, TAPS);
        var filterBias = weights.floats(mixer + "short_filter.bias", (long) STREAMS * hidden);
        var scales = norm == null
                ? M2Scales.none(hidden)
                : M2Scales.of(
                        weights.floats(norm + ".weight", hidden),
                        weights.floats(norm + ".bias", hidden),
                        weight,
                        bias,
                        filter,
                        filterBias);
        int columns = streams.length * channels;
        int groups = width / channels;
        var chosen = new float[groups * columns * width];
        var added = new float[groups * columns];
        var allTaps = new ArrayList<MemorySegment>();
        for (int group = 0; group < groups; group++) {
            var taps = new float[(TAPS + 1) * columns];
            for (int column = 0; column < columns; column++) {
                int channel = group * channels + column % channels;
                if (channel < hidden) {
                    int from = streams[column / channels] * hidden + channel;
                    int row = group * columns + column;
                    System.arraycopy(weight, from * hidden, chosen, row * width, hidden);
                    added[row] = bias[from];
                    for (int tap = 0; tap < TAPS; tap++) {
                        taps[tap * columns + column] = filter[from * TAPS + tap] * scales.factor(from);
                    }
                    taps[TAPS * columns + column] = filterBias[from] * scales.factor(from);
                }
            }
            allTaps.add(weights.vector(taps));
        }
        var linears = operands.packForNormed(weights, chosen, width, added, groups);
        return new M2Input(
                IntStream.range(0, groups)
                        .mapToObj(i -> new Group(linears.get(i), allTaps.get(i)))
                        .toList(),
                channels,
                scales);
    }

    /** Numbers that a group gives for a position. */
    int columns() {
        return groups.getFirst().linear().out();
    }
}
