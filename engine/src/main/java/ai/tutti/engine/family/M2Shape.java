package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;

/**
 * What an M2-BERT's {@code config.json} states. Keys that are missing mean what the published models have;
 * {@code num_attention_heads} and {@code alibi_starting_size} are leftovers and are not read.
 *
 * @param hidden numbers a hidden state
 * @param wide {@code intermediate_size}
 * @param blocks of the block-diagonal matrices; even, divides both
 * @param layers how many
 * @param vocabulary rows of the token table
 * @param positions the longest text, and the length that texts are padded to
 * @param lags {@code long_conv_l_max}: how many lags the filters are stored for, at least {@code positions}
 * @param lagFeatures {@code hyena_emb_dim}
 * @param order {@code hyena_filter_order}
 * @param epsilon of the norms
 */
record M2Shape(
        int hidden,
        int wide,
        int blocks,
        int layers,
        int vocabulary,
        int positions,
        int lags,
        int lagFeatures,
        int order,
        float epsilon) {
    private static final int LONGEST = 1 << 17;

    static M2Shape read(ModelConfig config) {
        Supported.string(config, "hidden_act", "gelu");
        Supported.flag(config, "bidirectional", true);
        Supported.flag(config, "residual_long_conv", true);
        Supported.flag(config, "use_glu_mlp", true);
        Supported.flag(config, "use_monarch_mlp", true);
        Supported.flag(config, "use_positional_encodings", true);
        Supported.flag(config, "hyena_training_additions", false);
        Supported.flag(config, "pool_all", false);
        Supported.number(config, "hyena_w_mod", 1);
        Supported.number(config, "type_vocab_size", 2);
        Supported.number(config, "pad_token_id", 0);
        int positions = config.requireInt("max_position_embeddings");
        var shape = new M2Shape(
                config.requireInt("hidden_size"),
                config.requireInt("intermediate_size"),
                config.intOr("monarch_mlp_nblocks", 4),
                config.requireInt("num_hidden_layers"),
                config.requireInt("vocab_size"),
                positions,
                config.intOr("long_conv_l_max", positions),
                config.intOr("hyena_emb_dim", 5),
                config.intOr("hyena_filter_order", 128),
                (float) config.doubleOr("layer_norm_eps", 1e-12));
        between(config, "hidden_size", shape.hidden, 1, 1 << 14);
        between(config, "intermediate_size", shape.wide, 1, 1 << 16);
        between(config, "num_hidden_layers", shape.layers, 1, 1 << 10);
        between(config, "max_position_embeddings", positions, 1, LONGEST);
        between(config, "long_conv_l_max", shape.lags, positions, LONGEST);
        between(config, "hyena_emb_dim", shape.lagFeatures, 1, 1 << 10);
        between(config, "hyena_filter_order", shape.order, 1, 1 << 12);
        int blocks = shape.blocks;
        if (blocks < 2 || blocks % 2 != 0 || shape.hidden % blocks != 0 || shape.wide % blocks != 0) {
            throw new ModelLoadException(
                    "%s: monarch_mlp_nblocks is %d; it must be even and divide hidden_size %d and intermediate_size %d"
                            .formatted(config.file(), blocks, shape.hidden, shape.wide));
        }
        if (!(shape.epsilon > 0 && shape.epsilon < 1)) {
            throw new ModelLoadException(
                    "%s: layer_norm_eps is %s; it must be between 0 and 1".formatted(config.file(), shape.epsilon));
        }
        return shape;
    }

    private static void between(ModelConfig config, String key, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ModelLoadException(
                    "%s: %s is %d; it must be between %d and %d".formatted(config.file(), key, value, least, most));
        }
    }
}
