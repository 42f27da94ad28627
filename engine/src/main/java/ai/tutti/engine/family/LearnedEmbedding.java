package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.nn.Table;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Matrix;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A token's embedding as BERT has it: {@code word[id] + position[i] + type[t]}.
 *
 * @param words {@code [vocabulary, hidden]}
 * @param positions for each token type a text can have, the position table with that type's row added:
 *     {@code [positions, hidden]} each
 */
record LearnedEmbedding(Table words, List<Table> positions) {
    private static final int MOST_TYPES = 2; // a text's first part and its second

    LearnedEmbedding {
        positions = List.copyOf(positions);
    }

    /**
     * Reads it.
     *
     * @param typesOtherwise how many token types there are where the configuration does not say
     * @param positioned whether there is a position table; without it positions add nothing
     */
    static LearnedEmbedding read(
            ModelConfig config, Weights weights, Sizes sizes, int typesOtherwise, boolean positioned) {
        int hidden = sizes.hidden();
        int types = config.intOr("type_vocab_size", typesOtherwise);
        var words = weights.table("embeddings.word_embeddings.weight", sizes.vocabulary(), hidden);
        var type = types == 0 ? new float[hidden] : weights.floats("embeddings.token_type_embeddings.weight", types, hidden);
        return new LearnedEmbedding(
                words,
                IntStream.range(0, Math.clamp(types, 1, MOST_TYPES))
                        .mapToObj(t -> positions(weights, sizes, type, t, positioned))
                        .toList());
    }

    private static Table positions(Weights weights, Sizes sizes, float[] type, int t, boolean positioned) {
        int hidden = sizes.hidden();
        var position = positioned
                ? weights.floats("embeddings.position_embeddings.weight", sizes.positions(), hidden)
                : new float[sizes.positions() * hidden];
        for (int i = 0; i < position.length; i++) {
            position[i] += type[t * hidden + i % hidden];
        }
        return weights.table(position, sizes.positions(), hidden);
    }

    /** Writes a tile's embeddings, positions counted from 0: {@code [tokens, hidden]}. */
    void write(Tile tile, Matrix h) {
        for (int text = 0; text < tile.texts(); text++) {
            int start = tile.starts()[text];
            for (int i = 0; i < tile.length(text); i++) {
                int type = i < tile.seconds()[text] ? 0 : 1;
                write(tile.ids()[start + i], i, type, h, start + i);
            }
        }
    }

    /**
     * Writes one token's embedding.
     *
     * @param type 0 in a text's first part, 1 in its second; models of one type do not tell them apart
     */
    void write(int id, int position, int type, Matrix h, int row) {
        words.sum(id, positions.get(Math.min(type, positions.size() - 1)), position, h, row);
    }
}
