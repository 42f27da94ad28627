package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.nn.SelfAttention;

/**
 * The sizes that every encoder's {@code config.json} states.
 *
 * @param hidden numbers a hidden state
 * @param feedForward numbers between a feed-forward's two products
 * @param heads of attention
 * @param layers how many blocks
 * @param vocabulary rows of the token table
 * @param positions {@code max_position_embeddings}
 * @param epsilon of the norms
 */
record Sizes(int hidden, int feedForward, int heads, int layers, int vocabulary, int positions, float epsilon) {
    /** Numbers of a tile's hidden states. */
    private static final int TILE_NUMBERS = 512 * 768;

    /**
     * Reads them, of a model whose heads divide its hidden states.
     *
     * @param epsilonKey what the norms' epsilon is called
     * @param epsilon where the file does not say
     * @throws ModelLoadException when one is missing or cannot be
     */
    static Sizes of(ModelConfig config, String epsilonKey, double epsilon) {
        var sizes = read(config, epsilonKey, epsilon);
        if (sizes.hidden % sizes.heads != 0) {
            throw undivided(config, sizes);
        }
        return sizes;
    }

    /** As {@link #of}, of a model whose heads may have a size of their own. */
    static Sizes read(ModelConfig config, String epsilonKey, double epsilon) {
        var sizes = new Sizes(
                config.requireInt("hidden_size"),
                config.requireInt("intermediate_size"),
                config.requireInt("num_attention_heads"),
                config.requireInt("num_hidden_layers"),
                config.requireInt("vocab_size"),
                config.requireInt("max_position_embeddings"),
                (float) config.doubleOr(epsilonKey, epsilon));
        if (sizes.heads < 1) {
            throw undivided(config, sizes);
        }
        if (sizes.layers < 1) {
            throw new ModelLoadException(
                    "%s: num_hidden_layers is %d; at least 1 is needed".formatted(config.file(), sizes.layers));
        }
        if (sizes.positions > SelfAttention.LONGEST) {
            throw new ModelLoadException("%s: max_position_embeddings is %d; at most %d can be served"
                    .formatted(config.file(), sizes.positions, SelfAttention.LONGEST));
        }
        if (!(sizes.epsilon > 0 && sizes.epsilon < 1)) { // without it the rows of zeros behind a tile would become NaN
            throw new ModelLoadException("%s: %s is %s; it must be between 0 and 1"
                    .formatted(config.file(), epsilonKey, sizes.epsilon));
        }
        return sizes;
    }

    private static ModelLoadException undivided(ModelConfig config, Sizes sizes) {
        return new ModelLoadException("%s: hidden_size %d cannot be divided by num_attention_heads %d"
                .formatted(config.file(), sizes.hidden, sizes.heads));
    }

    /** Numbers a head. */
    int headSize() {
        return hidden / heads;
    }

    /** {@code 1 / sqrt(headSize)}. */
    float queryScale() {
        return (float) (1 / Math.sqrt(headSize()));
    }

    /**
     * How many tokens are best computed together: as many as leave a layer's numbers in a core's second cache, wider models fewer.
     * Measured in bf16 on a core with 2 MB of it: 512 at 384 wide (256 is 7 % slower, 2048 no faster), and at 768 wide, where weights come
     * from the third cache once a tile (256 is 15 % slower, 1024 no faster). {@code bench/run tile} draws the curve.
     */
    int tileTokens() {
        return Math.clamp(TILE_NUMBERS / hidden, 256, 512);
    }
}
