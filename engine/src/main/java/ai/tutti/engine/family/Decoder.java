package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Block;
import ai.tutti.engine.nn.CausalAttention;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.LastTokenHead;
import ai.tutti.engine.nn.Linear;
import ai.tutti.engine.nn.RmsNorm;
import ai.tutti.engine.nn.Rotary;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Table;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The decoders of Llama (Touvron et al., 2023, arXiv:2302.13971), Mistral (Jiang et al., 2023, arXiv:2310.06825), Qwen2 (Yang
 * et al., 2024, arXiv:2407.10671) and Qwen3 (2025, arXiv:2505.09388), which are one but for {@link DecoderShape}.
 *
 * <pre>
 * h = token[id]
 * each layer:
 *     x = RMS(h)
 *     q, k, v = x Wqᵀ, x Wkᵀ, x Wvᵀ                Qwen2: + b
 *     q, k = RMS(q), RMS(k)                         Qwen3, each head
 *     q, k turned by their positions
 *     h = h + attention(q, k, v) Woᵀ                each token sees those before it, all or a window
 *     y = RMS(h)
 *     h = h + (silu(y Wgateᵀ) * y Wupᵀ) Wdownᵀ
 * h = RMS(h)
 * </pre>
 *
 * <p>A layer takes a tile {@link Block} by block. A token sees only what stands before it, so when a block's turn comes, all
 * keys and values that it needs are there: of a long text only these and the residual h, in f32, are as long as the text.
 */
final class Decoder implements Encoder {
    /** One layer; the norms of heads are Qwen3's. */
    private record Layer(
            RmsNorm inputNorm,
            Linear query,
            Linear key,
            Linear value,
            @Nullable RmsNorm queryNorm,
            @Nullable RmsNorm keyNorm,
            CausalAttention attention,
            Linear attentionOut,
            RmsNorm outputNorm,
            Linear gate,
            Linear up,
            Linear down) {}

    private final Sizes sizes;
    private final DecoderShape shape;
    private final DType type;
    private final Activation activation;
    private final Table words;
    private final Rotary rotary;
    private final List<Layer> layers;
    private final RmsNorm finalNorm;

    /**
     * Reads the model.
     *
     * @throws ModelLoadException when the configuration or a tensor is not what a decoder needs
     */
    Decoder(ModelConfig config, Weights weights) {
        Supported.vectorModule(config, config.stringOr("model_type", ""));
        sizes = Sizes.read(config, "rms_norm_eps", 1e-6);
        shape = DecoderShape.of(config, sizes);
        type = weights.products();
        activation = Supported.activation(config, "hidden_act", "silu");
        rotary = new Rotary(RotaryScaling.frequencies(config, shape.headSize(), sizes.positions()), sizes.positions());
        words = weights.table("embed_tokens.weight", sizes.vocabulary(), sizes.hidden());
        layers = IntStream.range(0, sizes.layers())
                .mapToObj(i -> layer(weights, "layers." + i + ".", shape.windows().get(i)))
                .toList();
        finalNorm = weights.rmsNorm("norm", sizes.hidden(), sizes.epsilon());
    }

    private Layer layer(Weights weights, String name, int window) {
        int hidden = sizes.hidden();
        int feedForward = sizes.feedForward();
        int size = shape.headSize();
        int queries = sizes.heads() * size;
        int keys = shape.groups() * size;
        float epsilon = sizes.epsilon();
        return new Layer(
                weights.rmsNorm(name + "input_layernorm", hidden, epsilon),
                weights.linear(name + "self_attn.q_proj", hidden, queries, shape.projectionBias()),
                weights.linear(name + "self_attn.k_proj", hidden, keys, shape.projectionBias()),
                weights.linear(name + "self_attn.v_proj", hidden, keys, shape.projectionBias()),
                shape.headNorm() ? weights.rmsNorm(name + "self_attn.q_norm", size, epsilon) : null,
                shape.headNorm() ? weights.rmsNorm(name + "self_attn.k_norm", size, epsilon) : null,
                new CausalAttention(sizes.heads(), shape.groups(), size, window, type),
                weights.linear(name + "self_attn.o_proj", queries, hidden, shape.outputBias()),
                weights.rmsNorm(name + "post_attention_layernorm", hidden, epsilon),
                weights.linear(name + "mlp.gate_proj", hidden, feedForward, shape.mlpBias()),
                weights.linear(name + "mlp.up_proj", hidden, feedForward, shape.mlpBias()),
                weights.linear(name + "mlp.down_proj", feedForward, hidden, shape.mlpBias()));
    }

    /** Reads the head of {@code …ForSequenceClassification}. */
    static Head head(ModelConfig config, Weights weights) {
        return new LastTokenHead(weights.exactLinear("score", config.requireInt("hidden_size"), config.labels(), false));
    }

    @Override
    public int hiddenSize() {
        return sizes.hidden();
    }

    @Override
    public int vocabularySize() {
        return sizes.vocabulary();
    }

    @Override
    public Matrix forward(Worker worker, Tile tile, Rows rows) {
        var blocks = Block.of(tile);
        var memory = new Memory(worker, blocks);
        for (var block : blocks) {
            for (var piece : block.pieces()) {
                for (int i = 0; i < piece.rows(); i++) {
                    int id = tile.ids()[tile.starts()[piece.text()] + piece.position() + i];
                    words.read(id, memory.h, piece.row() + i);
                }
            }
        }
        for (var layer : layers.subList(0, layers.size() - 1)) {
            for (var block : blocks) {
                keysAndValues(layer, block, memory);
                rest(layer, block.pieces(), block.rows(), memory.x, memory.h.from(block.row()), memory);
            }
        }
        int done = 0;
        for (var block : blocks) {
            done += last(layers.getLast(), block, tile, rows, memory, done);
        }
        return memory.result;
    }

    /** The last layer for the rows that are wanted, and their last norm; returns how many they were. */
    private int last(Layer layer, Block block, Tile tile, Rows rows, Memory memory, int done) {
        keysAndValues(layer, block, memory);
        var pieces = rows == Rows.ALL ? block.pieces() : block.wanted(tile, rows == Rows.LAST);
        int count = rows == Rows.ALL ? block.rows() : pieces.size();
        if (count > 0) {
            if (rows != Rows.ALL) {
                for (int i = 0; i < count; i++) { // never before its source
                    memory.x.copyRow(memory.x, pieces.get(i).row() - block.row(), i);
                    memory.h.copyRow(memory.h, pieces.get(i).row(), block.row() + i);
                }
            }
            var h = memory.h.from(block.row());
            rest(layer, pieces, count, memory.x, h, memory);
            finalNorm.write(count, h, memory.result.from(done));
        }
        return count;
    }

    /** A layer's keys and values for a block, and the norm of its input, which the queries need too. */
    private void keysAndValues(Layer layer, Block block, Memory memory) {
        int rows = block.rows();
        var keys = memory.keys.from(block.row());
        var values = memory.values.from(block.row());
        layer.inputNorm().write(rows, memory.h.from(block.row()), memory.x);
        memory.x.clear(rows, Kernels.bucket(rows));
        layer.key().apply(memory.worker, rows, memory.x, Activation.NONE, memory.key);
        layer.value().apply(memory.worker, rows, memory.x, Activation.NONE, values);
        values.clear(rows, rows + CausalAttention.SLACK);
        keys.clear(rows, rows + CausalAttention.SLACK);
        normHeads(layer.keyNorm(), rows, memory.key);
        for (var piece : block.pieces()) {
            for (int i = 0; i < piece.rows(); i++) {
                int row = piece.row() - block.row() + i;
                for (int group = 0; group < shape.groups(); group++) {
                    int column = group * shape.headSize();
                    rotary.turn(memory.key, row, column, piece.position() + i, 1, keys, (long) row * keys.columns() + column);
                }
            }
        }
    }

    /**
     * The rest of a layer.
     *
     * @param pieces what the rows belong to
     * @param x the rows' normalised input, from row 0 on
     * @param h the rows' residual, from row 0 on
     */
    private void rest(Layer layer, List<Block.Piece> pieces, int rows, Matrix x, Matrix h, Memory memory) {
        var worker = memory.worker;
        var attention = layer.attention();
        var queries = attention.queries(worker);
        layer.query().apply(worker, rows, x, Activation.NONE, memory.query);
        normHeads(layer.queryNorm(), rows, memory.query);
        int row = 0;
        for (var piece : pieces) {
            turnQueries(piece, row, memory.query, attention, queries);
            attention.apply(
                    worker,
                    queries,
                    row,
                    piece.rows(),
                    piece.position(),
                    memory.keys,
                    memory.values,
                    piece.start(),
                    memory.context);
            row += piece.rows();
        }
        memory.context.clear(rows, Kernels.bucket(rows));
        layer.attentionOut().addTo(worker, rows, memory.context, h);
        layer.outputNorm().write(rows, h, x);
        layer.up().apply(worker, rows, x, Activation.NONE, memory.ups);
        layer.gate().applyGated(worker, rows, x, activation, memory.ups, memory.wide);
        layer.down().addTo(worker, rows, memory.wide, h);
    }

    private void turnQueries(Block.Piece piece, int first, Matrix query, CausalAttention attention, Matrix queries) {
        float scale = (float) (1 / Math.sqrt(shape.headSize()));
        for (int i = 0; i < piece.rows(); i++) {
            for (int head = 0; head < sizes.heads(); head++) {
                int column = head * shape.headSize();
                long place = attention.place(first + i, head);
                rotary.turn(query, first + i, column, piece.position() + i, scale, queries, place);
            }
        }
    }

    private static void normHeads(@Nullable RmsNorm norm, int rows, Matrix heads) {
        if (norm != null) {
            int size = (int) (norm.scale().byteSize() / Float.BYTES);
            int each = heads.columns() / size;
            var narrow = new Matrix(heads.data(), heads.dtype(), heads.rows() * each, size);
            norm.write(rows * each, narrow, narrow);
        }
    }

    /** What a pass writes to. */
    private final class Memory {
        private final Worker worker;
        private final Matrix h; // [rows of all blocks, hidden], the residual
        private final Matrix keys; // [rows of all blocks, groups * headSize], turned
        private final Matrix values; // [rows of all blocks, groups * headSize]
        private final Matrix result; // [rows of all blocks, hidden]
        private final Matrix x; // [rows of a block, hidden], normalised
        private final Matrix key; // [rows of a block, groups * headSize], not turned yet
        private final Matrix query; // [rows of a block, heads * headSize], not turned yet
        private final Matrix context; // [rows of a block, heads * headSize]
        private final Matrix ups; // [rows of a block, feedForward]
        private final Matrix wide; // [rows of a block, feedForward]

        Memory(Worker worker, List<Block> blocks) {
            var end = blocks.getLast();
            int all = end.row() + Kernels.bucket(end.rows()) + CausalAttention.SLACK;
            int most = blocks.stream().mapToInt(Block::rows).max().orElseThrow();
            int room = Kernels.bucket(most);
            int queryWidth = sizes.heads() * shape.headSize();
            int keyWidth = shape.groups() * shape.headSize();
            this.worker = worker;
            h = worker.matrix("hidden", DType.F32, all, sizes.hidden());
            result = h;
            keys = worker.matrix("keys", type, all, keyWidth);
            values = worker.matrix("values", type, all, keyWidth);
            x = worker.matrix("operand", type, room, sizes.hidden());
            key = worker.matrix("key", DType.F32, room, keyWidth);
            query = worker.matrix("query", DType.F32, room, queryWidth);
            context = worker.matrix("context", type, room, queryWidth);
            ups = worker.matrix("gates", type, room, sizes.feedForward());
            wide = worker.matrix("wide", type, room, sizes.feedForward());
        }
    }
}
