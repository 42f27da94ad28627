package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Blocks;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.LongConvolver;
import ai.tutti.engine.kernel.MeanTiles;
import ai.tutti.engine.kernel.RowLoops;
import ai.tutti.engine.kernel.Spectra;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.BlockGatedMlp;
import ai.tutti.engine.nn.Elementwise;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.FineLinear;
import ai.tutti.engine.nn.Lanes;
import ai.tutti.engine.nn.LongConvolution;
import ai.tutti.engine.nn.Operands;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.VectorStep;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import ai.tutti.engine.tensor.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * M2-BERT (Fu et al., Monarch Mixer, 2023, arXiv:2310.12109): BERT without attention. Positions are mixed by gated
 * convolutions as long as the text, channels by block-diagonal matrices.
 *
 * <pre>
 * h = LN(word[id] + position[i] + type[0])
 * each layer:
 *     u = h Wiᵀ + bi                                      [positions, 3 * hidden]
 *     x1, x2, v = b + w0 u[t - 2] + w1 u[t - 1] + w2 u[t]  a causal filter of three taps
 *     y = conv1(v * x1) * x2 + conv2(h)                    filters over the whole text, see LongConvolution
 *     m = y Woᵀ + bo
 *     h = LN(m + BD(gelu(g1) * g2)), g1, g2 = BD(m)        see BlockGatedMlp
 * vector = tanh(h[0] Wpᵀ + bp)
 * </pre>
 *
 * <p><b>Padding takes part.</b> There is no mask: the reference pads every text with id 0 to the longest length, and what it
 * makes of the padding reaches position 0. A text here is what the tile says, padding included.
 *
 * <p><b>Two shapes.</b> Products and norms go row by row and run over some hundred positions at a time, from one layer's
 * mixer's result to the next one's input, while everything stays in the cache. Convolutions go channel by channel, so between
 * the two the numbers lie in blocks of as many channels as a vector has lanes. They are too many for a core's own caches; where machine
 * code computes they are therefore f16 there, see {@link M2Scales}. What is rounded off differs from position to position, and
 * the next convolution averages it out: alone it takes 1e-6 off the cosine of twelve layers.
 *
 * <p><b>What nobody wants is not computed:</b> of the last layer only position 0 counts. Its convolutions are sums over the
 * text, with no transform, and everything behind them is one row; only h, v and x1 are needed at every position. And what the
 * first layer's convolution takes of padding is the same for every text: it is computed once, when the model is loaded.
 */
public final class M2Bert implements Encoder {
    /** Positions that go through the products together: so many that their numbers, or a layer's weights, stay in the cache. */
    private static final int ROWS = 128;

    /**
     * The same where products are tiled: then weights are read panel by panel for all of them. Spans of so many have a mean of their own
     * in {@link ai.tutti.engine.kernel.MeanTiles}, so that vectors depend on this number in their last bits.
     */
    private static final int TILED_ROWS = 512;

    private static final String EMBEDDING_NORM = "embeddings.LayerNorm";
    private static final String LAYER_NORM = "mlp.layernorm";

    /** How many positions back the short filter looks. */
    private static final int TAPS_BEFORE = 2;

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    /** One block. In the last, {@code in} gives x1 and v alone. */
    private record Layer(
            M2Input in,
            LongConvolution gated,
            LongConvolution residual,
            FineLinear out,
            BlockGatedMlp mlp,
            MemorySegment scale,
            MemorySegment shift) {}

    /** What the last layer needs for position 0: x2 and the positions' weights. */
    private record Last(M2Input in, MemorySegment gated, MemorySegment residual) {}

    /**
     * What the first layer's convolution takes where there is padding, equal for every text but for a rounding of the first two positions
     * (see {@link #TILED_ROWS}): v * x1, x2 and h.
     */
    private record Padding(Blocks product, Blocks gate, Blocks mixed) {
        void copy(int block, int first, Text to) {
            product.copy(block, first, to.product);
            gate.copy(block, first, to.gate);
            mixed.copy(block, first, to.mixed);
        }
    }

    /**
     * One layer's filters for texts of up to so many positions.
     *
     * @param unit what a one of their results stands for
     */
    private record Filters(Spectra gated, Spectra residual, float unit) {}

    private final int hidden;
    private final int width;
    private final int vocabulary;
    private final int positions;
    private final int lags;
    private final float epsilon;
    private final Operands operands;
    private final int rows;
    private final boolean normsFit;
    private final Weights weights;
    private final MemorySegment words;
    private final MemorySegment places;
    private final MemorySegment embeddingScale;
    private final MemorySegment embeddingShift;
    private final List<Layer> layers;
    private final Last last;
    private final VectorStep pooler;
    private volatile @Nullable Padding padding;
    private final Map<Integer, List<Filters>> filters = new ConcurrentHashMap<>();

    /**
     * Reads the model.
     *
     * @throws ModelLoadException when the configuration or a tensor is not what M2-BERT needs
     */
    static M2Bert read(ModelConfig config, Weights weights) {
        Supported.vectorModule(config, "m2_bert");
        return new M2Bert(config, weights);
    }

    private M2Bert(ModelConfig config, Weights weights) {
        var shape = M2Shape.read(config);
        this.weights = weights;
        hidden = shape.hidden();
        width = Lanes.pad(hidden);
        vocabulary = shape.vocabulary();
        positions = shape.positions();
        lags = shape.lags();
        epsilon = shape.epsilon();
        operands = new Operands(
                weights.products(), weights.kernels(), hidden / shape.blocks(), shape.wide() / shape.blocks());
        rows = operands.tiled() ? TILED_ROWS : ROWS;
        words = weights.vector(
                Lanes.pad(weights.floats("embeddings.word_embeddings.weight", vocabulary, hidden), vocabulary, hidden, vocabulary, width));
        places = weights.vector(places());
        embeddingScale = padded(EMBEDDING_NORM + ".weight");
        embeddingShift = padded(EMBEDDING_NORM + ".bias");
        normsFit = IntStream.range(0, shape.layers())
                .mapToObj(M2Bert::normBefore)
                .allMatch(norm -> M2Scales.fits(weights.floats(norm + ".weight", hidden), weights.floats(norm + ".bias", hidden)));
        layers = IntStream.range(0, shape.layers())
                .mapToObj(i -> layer(shape, i))
                .toList();
        pooler = new VectorStep.Dense(weights.exactLinear("pooler.dense", hidden, hidden, true), Elementwise.TANH);
        try (var worker = new Worker(weights.kernels())) {
            last = last(layerName(shape.layers() - 1) + "attention.", worker);
        }
    }

    private MemorySegment padded(String name) {
        return weights.vector(Lanes.pad(weights.floats(name, hidden), 1, hidden, 1, width));
    }

    /** Positions with the first token type's row added to each. */
    private float[] places() {
        var place = weights.floats("embeddings.position_embeddings.weight", positions, hidden);
        var type0 = weights.floats("embeddings.token_type_embeddings.weight", 2, hidden);
        for (int i = 0; i < place.length; i++) {
            place[i] += type0[i % hidden];
        }
        return Lanes.pad(place, positions, hidden, positions, width);
    }

    private Layer layer(M2Shape shape, int index) {
        var name = layerName(index);
        var mixer = name + "attention.";
        boolean lastOne = index == shape.layers() - 1;
        int[] streams = lastOne ? new int[] {0, 2} : new int[] {0, 2, 1}; // x1, v, x2: what the convolution takes lies together
        var norm = normBefore(index);
        return new Layer(
                input(mixer, operands.tiled() ? MeanTiles.PANEL : width, operands.tiled() && !lastOne ? norm : null, streams),
                LongConvolution.read(weights, mixer + "filter_fn", shape.lags(), hidden, shape.lagFeatures(), shape.order()),
                LongConvolution.read(weights, mixer + "filter_fn2", shape.lags(), hidden, shape.lagFeatures(), shape.order()),
                operands.pack(
                        weights,
                        square(weights.floats(mixer + "out_linear.weight", hidden, hidden)),
                        width,
                        Lanes.pad(weights.floats(mixer + "out_linear.bias", hidden), 1, hidden, 1, width)),
                BlockGatedMlp.read(weights, operands, name + "mlp", hidden, shape.wide(), shape.blocks()),
                padded(name + LAYER_NORM + ".weight"),
                padded(name + LAYER_NORM + ".bias"));
    }

    /** Of the norm whose results a layer mixes. */
    private static String normBefore(int layer) {
        return layer == 0 ? EMBEDDING_NORM : layerName(layer - 1) + LAYER_NORM;
    }

    private static String layerName(int index) {
        return "encoder.layer." + index + ".";
    }

    private Last last(String mixer, Worker worker) {
        var layer = layers.getLast();
        return new Last(
                input(mixer, width, null, 1),
                layer.gated().first(worker, weights::memory),
                layer.residual().first(worker, weights::memory));
    }

    private float[] square(float[] matrix) {
        return Lanes.pad(matrix, hidden, hidden, width, width);
    }

    private M2Input input(String mixer, int channels, @Nullable String norm, int... streams) {
        return M2Input.read(weights, operands, mixer, hidden, width, channels, norm, streams);
    }

    @Override
    public int hiddenSize() {
        return hidden;
    }

    /** f32 also where bf16 was asked for and this CPU, or the model's sizes, have no products of digits. */
    @Override
    public Precision precision(Precision asked) {
        return operands.exact() ? Precision.F32 : asked;
    }

    @Override
    public int vocabularySize() {
        return vocabulary;
    }

    @Override
    public int paddedLength() {
        return positions;
    }

    @Override
    public VectorStep pooler() {
        return pooler;
    }

    @Override
    public void prepare(int tokens) {
        if (tokens > 0) {
            try (var worker = new Worker(weights.kernels())) {
                filters(worker, tokens);
                if (tokens == positions && layers.size() > 1) {
                    padding = new Text(worker, tokens).padding();
                }
            }
        }
    }

    /** Every layer's spectra but the last one's, for texts of up to so many positions. */
    private List<Filters> filters(Worker worker, int length) {
        int size = LongConvolver.of(length).size();
        return filters.computeIfAbsent(size, n -> layers.subList(0, layers.size() - 1).stream()
                .map(layer -> filters(worker, layer, n))
                .toList());
    }

    private Filters filters(Worker worker, Layer layer, int size) {
        var kept = operands.exact() ? DType.F32 : DType.I16;
        var gated = layer.gated().filter(worker, size, kept, weights::memory);
        var residual = layer.residual().filter(worker, size, kept, weights::memory);
        if (!operands.tiled()) {
            return new Filters(gated.spectra(), residual.spectra(), 1);
        }
        var scales = layer.in().scales();
        gated.spectra().times(scales.undone(width));
        float factor = halves(worker, size) ? scales.results(gated.gains(), residual.gains()) : 1;
        var all = new float[width];
        Arrays.fill(all, factor);
        gated.spectra().times(all);
        residual.spectra().times(all);
        return new Filters(gated.spectra(), residual.spectra(), 1 / factor);
    }

    /** Whether what lies in blocks is f16 for texts of so many positions. */
    private boolean halves(Worker worker, int length) {
        return normsFit && operands.tiled() && LongConvolver.of(length).takesHalves(worker, length);
    }

    private Matrix lines(int count, DType type) {
        int lanes = LongConvolver.width();
        return new Matrix(weights.memory((long) count * lanes * type.bytes() / Float.BYTES), type, count, lanes);
    }

    @Override
    public Matrix forward(Worker worker, Tile tile, Rows rows) {
        if (rows != Rows.FIRST) {
            throw new IllegalArgumentException("M2-BERT computes the first token's state alone");
        }
        var states = worker.matrix("states", DType.F32, tile.texts(), hidden); // [texts, hidden]
        try {
            for (int text = 0; text < tile.texts(); text++) {
                new Text(worker, tile.length(text)).run(tile.ids(), tile.starts()[text], states, text);
            }
        } finally {
            worker.offer(Text.PRODUCT, Text.GATE, Text.MIXED);
        }
        return states;
    }

    /**
     * One text under way: what all workers of a team read and write, each its own channels or its own positions.
     */
    private final class Text {
        private static final String PRODUCT = "m2.product";
        private static final String GATE = "m2.gate";
        private static final String MIXED = "m2.mixed";

        private final Worker leader;
        private final int length;
        private final Blocks product; // v * x1
        private final Blocks lastProduct; // of the last layer, in f32; it may lie where product and gate were
        private final Blocks gate; // x2
        private final Blocks mixed; // h, then the convolutions' result
        private final Matrix seams; // [length / rows][groups][4, columns]: u at two positions before every rows-th and at two from there
        private int padded; // where the first of the spans begins for which the first layer's convolution takes what is known
        private final BitSet begun = new BitSet(); // which of them a worker began at
        private final Matrix lastGate; // x2 at position 0, for the last layer

        Text(Worker leader, int length) {
            this.leader = leader;
            this.length = length;
            padded = length;
            boolean halves = halves(leader, length);
            lastProduct = Blocks.room(leader, PRODUCT, DType.F32, width, length);
            product = halves ? lastProduct.halves(false) : lastProduct;
            gate = halves ? lastProduct.halves(true) : Blocks.room(leader, GATE, DType.F32, width, length);
            mixed = Blocks.room(leader, MIXED, product.type(), width, length);
            seams = leader.matrix("m2.seams", DType.F32, Math.max(1, length / rows) * 2 * TAPS_BEFORE, 3 * width);
            lastGate = leader.matrix("m2.last", DType.F32, Kernels.bucket(1), width);
        }

        void run(int[] ids, int start, Matrix states, int row) {
            var filters = filters(leader, length);
            var known = length == positions ? padding : null;
            padded = known == null ? length : Math.min(length, (used(ids, start) + TAPS_BEFORE + rows - 1) / rows * rows);
            split(0, padded, (span, first, count) -> span.embed(ids, start, first, count));
            for (int i = 0; i < layers.size() - 1; i++) {
                leader.requireWanted();
                int layer = i;
                convolve(filters.get(layer), layer == 0 ? known : null);
                float unit = filters.get(layer).unit();
                split(layer + 1, length, (span, first, count) -> span.mix(layer, unit, first, count));
            }
            new Span(this, leader).last(states, row);
        }

        /** How many positions there are up to the last that is not padding. */
        private int used(int[] ids, int start) {
            int used = length;
            while (used > 0 && ids[start + used - 1] == 0) {
                used--;
            }
            return used;
        }

        /** As it would be for a text of padding alone. */
        Padding padding() {
            split(0, length, (span, first, count) -> span.embed(new int[length], 0, first, count));
            return new Padding(copy(product), copy(gate), copy(mixed));
        }

        private Blocks copy(Blocks blocks) {
            var copy = Blocks.room(width, length, count -> lines(count, blocks.type()));
            for (int block = 0; block < width / LongConvolver.width(); block++) {
                blocks.copy(block, 0, copy);
            }
            return copy;
        }

        /** The first positions one after another up to a layer's convolution, parted among the team. */
        private void split(int layer, int positions, SpanStep step) {
            begun.clear();
            leader.split(positions, rows, rows, (member, first, count) -> {
                synchronized (begun) {
                    begun.set(first / rows);
                }
                step.run(new Span(this, member), first, count);
            });
            for (int seam = begun.nextSetBit(1); seam >= 0; seam = begun.nextSetBit(seam + 1)) {
                for (int group = 0; group < layers.get(layer).in().groups().size(); group++) {
                    int first = seam * rows;
                    shortFilter(leader, layer, group, seam(layer, group, first), Math.min(TAPS_BEFORE, length - first), first);
                }
            }
        }

        void shortFilter(Worker worker, int layer, int group, Matrix u, int count, int first) {
            var in = layers.get(layer).in();
            int block = group * in.channels() / LongConvolver.width();
            var to = layer == layers.size() - 1 ? lastProduct : product;
            worker.shortFilter(u, in.groups().get(group).taps(), in.channels(), count, to, gate, block, first);
        }

        /** @param known what a block takes first from {@link #padded} on, so that it comes from the cache; or null */
        private void convolve(Filters filters, @Nullable Padding known) {
            var convolver = LongConvolver.of(length);
            leader.split(width / LongConvolver.width(), 1, 1, (member, first, count) -> {
                for (int block = first; block < first + count; block++) {
                    if (known != null) {
                        known.copy(block, padded, this);
                    }
                    convolver.mix(member, block, product, gate, mixed, filters.gated(), filters.residual(), mixed);
                }
            });
        }

        /** What the short filter reads for the first two positions of a span that begins here. */
        Matrix seam(int layer, int group, int first) {
            int columns = layers.get(layer).in().columns();
            long each = 2L * TAPS_BEFORE * columns * Float.BYTES;
            long before = (first / rows - 1) * 2L * TAPS_BEFORE * seams.rowBytes();
            return new Matrix(
                    seams.data().asSlice(before + group * each, each), DType.F32, 2 * TAPS_BEFORE, columns);
        }
    }

    /** What a worker does with its positions. */
    @FunctionalInterface
    private interface SpanStep {
        void run(Span span, int first, int count);
    }

    /** One worker's positions of a text, {@link M2Bert#rows} at a time, in its own working memory. */
    private final class Span {
        private static final String OPERAND = "m2.operand";

        private final Text text;
        private final Worker worker;
        private final Matrix m; // [rows, pitch], f32, of which width columns count
        private final Matrix x; // h, or m, as it enters a product
        private final Matrix u; // [2 + rows, columns] of a group
        private final Matrix ends; // [groups][2, columns]: the last two rows of u

        Span(Text text, Worker worker) {
            this.text = text;
            this.worker = worker;
            int room = Kernels.bucket(Math.min(rows, text.length));
            m = worker.matrix("m2.m", DType.F32, room, operands.pitch(width));
            x = worker.matrix("m2.x", DType.F32, room, width);
            u = worker.matrix("m2.u", DType.F32, TAPS_BEFORE + room, layers.getFirst().in().columns());
            ends = worker.matrix("m2.ends", DType.F32, TAPS_BEFORE, 3 * width);
        }

        /** From ids to the first layer's convolution. */
        void embed(int[] ids, int start, int from, int count) {
            for (int first = from; first < from + count; first += rows) {
                int taken = Math.min(rows, from + count - first);
                sum(ids, start + first, first, taken);
                project(0, normed(embeddingScale, embeddingShift, first, taken), first, taken, first == from);
            }
        }

        /** From a layer's convolution, a one of which stands for {@code unit}, to the next one's. */
        void mix(int index, float unit, int from, int count) {
            var layer = layers.get(index);
            for (int first = from; first < from + count; first += rows) {
                int taken = Math.min(rows, from + count - first);
                mixChannels(layer, operands.ofBlocks(worker, OPERAND, text.mixed, first, taken, unit, x), taken);
                project(index + 1, normed(layer.scale(), layer.shift(), first, taken), first, taken, first == from);
            }
        }

        /** From the last layer's convolution to the state. */
        void last(Matrix states, int row) {
            convolveFirst();
            var layer = layers.getLast();
            mixChannels(layer, operands.of(worker, OPERAND, x, width, width, 1), 1);
            // One position's blocks, one behind another, are its row.
            var state = worker.matrix("m2.state", DType.F32, width / LongConvolver.width(), LongConvolver.width());
            var first = new Matrix(m.data(), DType.F32, 1, width);
            RowLoops.norm(first, layer.scale(), layer.shift(), epsilon, hidden, 1, new Blocks(state, 1, 1), 0, first);
            MemorySegment.copy(state.data(), 0, states.data(), row * states.rowBytes(), states.rowBytes());
        }

        private void sum(int[] ids, int start, int first, int count) {
            for (int i = 0; i < count; i++) {
                RowLoops.sum(words, ids[start + i], places, first + i, width, m, i);
            }
        }

        /** m to h, and as it enters a product. */
        private Operands.Operand normed(MemorySegment scale, MemorySegment shift, int first, int count) {
            return operands.normed(worker, OPERAND, m, scale, shift, epsilon, hidden, count, text.mixed, first, x);
        }

        /**
         * h to v * x1 and x2 of the layer. The short filter looks back two positions; those before a span's first belong to
         * another worker, so the span's first two are left to {@link Text#split}.
         */
        private void project(int index, Operands.Operand operand, int first, int count, boolean begins) {
            var in = layers.get(index).in();
            for (int group = 0; group < in.groups().size(); group++) {
                project(index, group, operand, first, count, begins);
            }
            if (index == layers.size() - 1 && first == 0) {
                var x2 = last.in().groups().getFirst().linear();
                x2.multiply(worker, Kernels.bucket(1), operand, 0, text.lastGate, 0, false);
            }
        }

        private void project(int index, int group, Operands.Operand operand, int first, int count, boolean begins) {
            var in = layers.get(index).in();
            var all = new Matrix(u.data(), DType.F32, u.rows(), in.columns());
            var end = new Matrix(ends.data(), DType.F32, TAPS_BEFORE * in.groups().size(), in.columns()).from(TAPS_BEFORE * group);
            in.groups()
                    .get(group)
                    .linear()
                    .multiply(worker, Kernels.bucket(count), operand, 0, all.from(TAPS_BEFORE), 0, false);
            if (!begins) {
                end.copyRows(0, all, 0, TAPS_BEFORE);
            } else if (first == 0) {
                all.clear(0, TAPS_BEFORE); // zeros, not the bias, lie before the text
            } else {
                all.copyRows(TAPS_BEFORE, text.seam(index, group, first), TAPS_BEFORE, Math.min(TAPS_BEFORE, count));
            }
            text.shortFilter(worker, index, group, all, count, first);
            if (first + count < text.length) {
                all.copyRows(count, text.seam(index, group, first + count), 0, TAPS_BEFORE);
            }
            all.copyRows(count, end, 0, TAPS_BEFORE);
        }

        /** x to h before its norm, in m. */
        private void mixChannels(Layer layer, Operands.Operand operand, int count) {
            layer.out().multiply(worker, Kernels.bucket(count), operand, 0, m, 0, false);
            layer.mlp().addTo(worker, count, m);
        }

        /** The last layer's convolutions at position 0, to x's first row. */
        private void convolveFirst() {
            int lanes = LongConvolver.width();
            var gated = new float[width];
            var residual = new float[width];
            for (int block = 0; block < width / lanes; block++) {
                RowLoops.dot(text.lastProduct, block, last.gated(), lags, gated, block * lanes);
                RowLoops.dot(text.mixed, block, last.residual(), lags, residual, block * lanes);
            }
            var u2 = text.lastGate.data();
            var taps = last.in().groups().getFirst().taps();
            x.clear(0, Kernels.bucket(1));
            for (int channel = 0; channel < width; channel++) {
                float x2 = taps.getAtIndex(F32, 3 * width + channel)
                        + taps.getAtIndex(F32, 2 * width + channel) * u2.getAtIndex(F32, channel);
                x.data().setAtIndex(F32, channel, gated[channel] * x2 + residual[channel]);
            }
        }
    }
}
