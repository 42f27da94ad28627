package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How a decoder differs from its cousins: what its {@code config.json} says, and where that is silent, what transformers
 * takes for its {@code model_type}.
 *
 * @param groups heads of keys and values; they divide the query heads
 * @param headSize numbers a head
 * @param windows for every layer how many tokens a token sees, itself included; {@link #ALL} where that is not bounded
 * @param projectionBias whether query, key and value have a bias
 * @param outputBias whether attention's output has one
 * @param mlpBias whether the feed-forward's layers have one
 * @param headNorm whether each head's query and key go through a norm
 */
record DecoderShape(
        int groups,
        int headSize,
        List<Integer> windows,
        boolean projectionBias,
        boolean outputBias,
        boolean mlpBias,
        boolean headNorm) {
    /** The window of a layer that sees everything. */
    static final int ALL = Integer.MAX_VALUE;

    private static final int WINDOW = 4096;
    private static final int UNWINDOWED_LAYERS = 28;
    private static final int QWEN_GROUPS = 32;
    private static final int MISTRAL_GROUPS = 8;
    private static final int QWEN3_HEAD = 128;

    DecoderShape {
        windows = List.copyOf(windows);
    }

    /**
     * Reads it.
     *
     * @throws ModelLoadException when a key has a value that cannot be
     */
    static DecoderShape of(ModelConfig config, Sizes sizes) {
        var family = config.stringOr("model_type", "");
        boolean qwen = family.equals("qwen2") || family.equals("qwen3");
        boolean biased = !family.equals("qwen2") && !family.equals("mistral") && config.booleanOr("attention_bias", false);
        return new DecoderShape(
                groups(config, sizes, qwen ? QWEN_GROUPS : family.equals("mistral") ? MISTRAL_GROUPS : sizes.heads()),
                headSize(config, sizes, family.equals("qwen3")),
                windows(config, sizes.layers(), qwen, family.equals("mistral")),
                family.equals("qwen2") || biased,
                biased,
                family.equals("llama") && config.booleanOr("mlp_bias", false),
                family.equals("qwen3"));
    }

    private static int groups(ModelConfig config, Sizes sizes, int otherwise) {
        int groups = intOr(config, "num_key_value_heads", otherwise, sizes.heads());
        if (groups < 1 || sizes.heads() % groups != 0) {
            throw new ModelLoadException("%s: num_attention_heads %d cannot be divided by num_key_value_heads %d"
                    .formatted(config.file(), sizes.heads(), groups));
        }
        return groups;
    }

    private static int headSize(ModelConfig config, Sizes sizes, boolean qwen3) {
        int size = config.intOr("head_dim", qwen3 ? QWEN3_HEAD : sizes.headSize());
        if (size < 2 || size % 2 != 0) {
            throw new ModelLoadException("%s: heads of %d numbers (head_dim, or hidden_size / num_attention_heads) cannot be"
                    .formatted(config.file(), size) + " turned by halves");
        }
        return size;
    }

    private static List<Integer> windows(ModelConfig config, int layers, boolean qwen, boolean mistral) {
        boolean windowed = mistral || (qwen && config.booleanOr("use_sliding_window", false));
        int window = windowed ? intOr(config, "sliding_window", WINDOW, ALL) : ALL;
        if (window < 1) {
            throw new ModelLoadException("%s: sliding_window is %d; it must be at least 1".formatted(config.file(), window));
        }
        if (!qwen) {
            return IntStream.range(0, layers).mapToObj(i -> window).toList();
        }
        var full = LayerTypes.full(config, layers);
        if (window == ALL && full.contains(false)) {
            throw new ModelLoadException("%s: layer_types has %s, but there is no sliding_window in use"
                    .formatted(config.file(), LayerTypes.SLIDING));
        }
        int first = config.intOr("max_window_layers", UNWINDOWED_LAYERS);
        return IntStream.range(0, layers)
                .mapToObj(i -> (full.isEmpty() ? i < first : full.get(i)) ? ALL : window)
                .toList();
    }

    /** A number, by transformers' rule that a key that is not there and one that says null may mean different things. */
    private static int intOr(ModelConfig config, String key, int absent, int isNull) {
        return config.keys().contains(key) && !config.has(key) ? isNull : config.intOr(key, absent);
    }
}
