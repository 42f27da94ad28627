package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Block;
import ai.tutti.engine.nn.CausalAttention;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.GatedMlp;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.KeyValues;
import ai.tutti.engine.nn.LastTokenHead;
import ai.tutti.engine.nn.Linear;
import ai.tutti.engine.nn.RmsNorm;
import ai.tutti.engine.nn.Rotary;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Table;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.util.ArrayList;
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
            GatedMlp mlp) {}

    /** Tokens whose turning is worth a worker's while. */
    private static final int LEAST_TURNED = 64;

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
                new GatedMlp(
                        weights.linear(name + "mlp.gate_proj", hidden, feedForward, shape.mlpBias()),
                        weights.linear(name + "mlp.up_proj", hidden, feedForward, shape.mlpBias()),
                        weights.linear(name + "mlp.down_proj", feedForward, hidden, shape.mlpBias()),
                        activation));
    }

    /** Reads the head of {@code …ForSequenceClassification}. */
    static Head head(ModelConfig config, Weights weights) {
        var score = weights.exactLinear("score", config.requireInt("hidden_size"), config.labels(), false);
        return new LastTokenHead(score, config.intOr("pad_token_id", -1));
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
    public long prefixBytes(int tokens) {
        return 2L * layers.size() * tokens * shape.groups() * shape.headSize() * type.bytes();
    }

    @Override
    public KeyValues prefix(Worker worker, int[] ids) {
        var kept = new KeyValues(this, layers.size(), ids.length, shape.groups() * shape.headSize(), type);
        try {
            pass(worker, Tile.of(List.of(new Tokens(ids))), Rows.LAST, kept);
            return kept;
        } catch (RuntimeException | Error e) {
            kept.close();
            throw e;
        }
    }

    @Override
    public Matrix forward(Worker worker, Tile tile, Rows rows) {
        var held = new ArrayList<KeyValues>();
        try {
            for (var prefix : tile.prefixes()) {
                if (prefix != null) {
                    prefix.hold(this);
                    held.add(prefix);
                }
            }
            return pass(worker, tile, rows, null);
        } finally {
            held.forEach(KeyValues::release);
        }
    }

    /** @param kept where a single text's keys and values are to be copied to, or null */
    private Matrix pass(Worker worker, Tile tile, Rows rows, @Nullable KeyValues kept) {
        var run = new Run(worker, tile, kept);
        run.embed();
        for (int i = 0; i < layers.size() - 1; i++) {
            for (var block : run.blocks) {
                worker.requireWanted();
                run.keysAndValues(i, block);
                run.rest(i, block, block.pieces(), block.rows());
            }
        }
        int done = 0;
        for (var block : run.blocks) {
            worker.requireWanted();
            run.keysAndValues(layers.size() - 1, block);
            done += run.last(block, rows, done);
        }
        return run.h; // [tokens, hidden] or [texts, hidden]
    }

    /** A pass under way, and what it writes to. */
    private final class Run {
        private final Worker worker;
        private final Tile tile;
        private final @Nullable KeyValues kept;
        private final List<Block> blocks;
        private final Matrix h; // [rows of all blocks, hidden], the residual
        private final Matrix keys; // [rows of all blocks, groups * headSize], turned
        private final Matrix values; // [rows of all blocks, groups * headSize]
        private final Matrix x; // [rows of a block, hidden], normalised
        private final Matrix key; // [rows of a block, groups * headSize], not turned yet
        private final Matrix query; // [rows of a block, heads * headSize], not turned yet
        private final Matrix context; // [rows of a block, heads * headSize]

        Run(Worker worker, Tile tile, @Nullable KeyValues kept) {
            this.worker = worker;
            this.tile = tile;
            this.kept = kept;
            blocks = Block.of(tile);
            int all = blocks.getLast().row() + Kernels.bucket(blocks.getLast().rows()) + CausalAttention.SLACK;
            int room = Kernels.bucket(blocks.stream().mapToInt(Block::rows).max().orElseThrow());
            int queryWidth = sizes.heads() * shape.headSize();
            int keyWidth = shape.groups() * shape.headSize();
            h = worker.matrix("hidden", DType.F32, all, sizes.hidden());
            keys = worker.matrix("keys", type, all, keyWidth);
            values = worker.matrix("values", type, all, keyWidth);
            x = worker.matrix("operand", type, room, sizes.hidden());
            key = worker.matrix("key", DType.F32, room, keyWidth);
            query = worker.matrix("query", DType.F32, room, queryWidth);
            context = worker.matrix("context", type, room, queryWidth);
        }

        void embed() {
            for (var block : blocks) {
                for (var piece : block.pieces()) {
                    int first = tile.starts()[piece.text()] + piece.position();
                    for (int i = 0; i < piece.rows(); i++) {
                        words.read(tile.ids()[first + i], h, piece.row() + i);
                    }
                }
            }
        }

        /** A layer's keys and values for a block, and the norm of its input, which the queries need too. */
        void keysAndValues(int index, Block block) {
            var layer = layers.get(index);
            int rows = block.rows();
            var blockKeys = keys.from(block.row());
            var blockValues = values.from(block.row());
            layer.inputNorm().write(worker, rows, h.from(block.row()), x);
            x.clear(rows, Kernels.bucket(rows)); // what products read behind the last row must be finite
            layer.key().apply(worker, rows, x, Activation.NONE, key);
            layer.value().apply(worker, rows, x, Activation.NONE, blockValues);
            blockKeys.clear(rows, rows + CausalAttention.SLACK);
            blockValues.clear(rows, rows + CausalAttention.SLACK);
            normHeads(worker, layer.keyNorm(), rows, key);
            for (var piece : block.pieces()) {
                turnKeys(piece, piece.row() - block.row(), blockKeys);
                if (kept != null) {
                    keys.copyRows(piece.row(), kept.layer(index).keys(), piece.position(), piece.rows());
                    values.copyRows(piece.row(), kept.layer(index).values(), piece.position(), piece.rows());
                }
            }
        }

        private void turnKeys(Block.Piece piece, int first, Matrix blockKeys) {
            int position = tile.position(piece.text()) + piece.position();
            worker.split(piece.rows(), LEAST_TURNED, (member, from, count) -> {
                for (int i = from; i < from + count; i++) {
                    for (int column = 0; column < key.columns(); column += shape.headSize()) {
                        long place = (long) (first + i) * key.columns() + column;
                        rotary.turn(key, first + i, column, position + i, 1, blockKeys, place);
                    }
                }
            });
        }

        /**
         * The rest of a layer, for all of a block's rows or some.
         *
         * @param pieces what the rows are, which lie one behind another at the block's beginning
         */
        void rest(int index, Block block, List<Block.Piece> pieces, int rows) {
            var layer = layers.get(index);
            var blockH = h.from(block.row());
            layer.query().apply(worker, rows, x, Activation.NONE, query);
            normHeads(worker, layer.queryNorm(), rows, query);
            int row = 0;
            for (var piece : pieces) {
                attend(index, piece, row);
                row += piece.rows();
            }
            context.clear(rows, Kernels.bucket(rows));
            layer.attentionOut().addTo(worker, rows, context, blockH);
            layer.outputNorm().write(worker, rows, blockH, x);
            layer.mlp().addTo(worker, rows, x, blockH);
        }

        private void attend(int index, Block.Piece piece, int first) {
            var attention = layers.get(index).attention();
            var prefix = tile.prefixes()[piece.text()];
            var queries = attention.queries(worker);
            int position = tile.position(piece.text()) + piece.position();
            float scale = (float) (1 / Math.sqrt(shape.headSize()));
            worker.split(piece.rows(), LEAST_TURNED, (member, from, count) -> {
                for (int i = from; i < from + count; i++) {
                    for (int head = 0; head < sizes.heads(); head++) {
                        long place = attention.place(first + i, head);
                        rotary.turn(query, first + i, head * shape.headSize(), position + i, scale, queries, place);
                    }
                }
            });
            attention.apply(
                    worker,
                    queries,
                    first,
                    piece.rows(),
                    position,
                    prefix == null ? null : prefix.layer(index),
                    keys,
                    values,
                    piece.start(),
                    context);
        }

        /** The last layer's rest for the rows that are wanted, and their norm, behind those that are done already. */
        int last(Block block, Rows rows, int done) {
            var pieces = rows == Rows.ALL ? block.pieces() : block.wanted(tile, rows == Rows.LAST);
            int count = rows == Rows.ALL ? block.rows() : pieces.size();
            if (count == 0) {
                return 0;
            }
            for (int i = 0; i < count && rows != Rows.ALL; i++) { // never before its source
                int row = pieces.get(i).row();
                x.copyRow(x, row - block.row(), i);
                h.copyRow(h, row, block.row() + i);
            }
            rest(layers.size() - 1, block, pieces, count);
            var wanted = h.from(block.row());
            finalNorm.write(worker, count, wanted, wanted);
            h.copyRows(block.row(), h, done, count);
            return count;
        }
    }

    private static void normHeads(Worker worker, @Nullable RmsNorm norm, int rows, Matrix heads) {
        if (norm != null) {
            int size = (int) (norm.scale().byteSize() / Float.BYTES);
            int each = heads.columns() / size;
            var narrow = new Matrix(heads.data(), heads.dtype(), heads.rows() * each, size);
            norm.write(worker, rows * each, narrow, narrow);
        }
    }
}
