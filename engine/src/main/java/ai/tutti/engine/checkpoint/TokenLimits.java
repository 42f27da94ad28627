package ai.tutti.engine.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How many tokens a text may have.
 *
 * <p>sentence-transformers' own file decides, {@code max_seq_length} there or what it hands to the tokenizer; newer folders
 * have it as {@code model_max_length} in {@code tokenizer_config.json}, where 1e30 stands for "unknown". Neither is believed
 * beyond the model's positions. RoBERTa's tables begin counting behind the padding token's id, so 514 rows are 512 tokens.
 *
 * @param maxTokens the limit, special tokens included
 * @param positions what the position table or {@code max_position_embeddings} holds
 */
record TokenLimits(int maxTokens, int positions) {
    private static final Set<String> COUNT_BEHIND_PADDING = Set.of("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert");
    private static final List<String> POSITIONS =
            List.of("max_position_embeddings", "long_conv_l_max", "n_positions", "max_positions");

    /** Where sentence-transformers' file may have it, the strongest first. */
    private static final List<List<String>> PLACES = List.of(
            List.of("processing_kwargs", "text", "max_length"),
            List.of("processing_kwargs", "common", "max_length"),
            List.of("processor_kwargs", "model_max_length"),
            List.of("tokenizer_args", "model_max_length"),
            List.of("max_seq_length"));

    /** @param sentences sentence-transformers' settings of the transformer, null where it has none */
    static TokenLimits read(Path folder, ModelConfig config, @Nullable ModelConfig sentences) {
        double stated = sentences == null ? 0 : stated(sentences);
        if (stated <= 0 && !config.has("long_conv_l_max")) { // M2-BERT's folders carry another model's tokenizer
            stated = tokenizer(folder.resolve("tokenizer_config.json"));
        }
        int positions = positions(config, stated > 0 && stated < Integer.MAX_VALUE);
        return new TokenLimits(stated > 0 && stated < positions ? (int) stated : positions, positions);
    }

    /** The positions; families that have a table and no other way to know its size ask for the key themselves. */
    private static int positions(ModelConfig config, boolean otherwiseLimited) {
        String key = POSITIONS.stream().filter(config::has).findFirst().orElse(POSITIONS.getFirst());
        if (otherwiseLimited && !config.has(key)) {
            return Integer.MAX_VALUE;
        }
        int rows = config.requireInt(key);
        boolean behind = COUNT_BEHIND_PADDING.contains(config.stringOr("model_type", ""));
        int positions = behind ? rows - config.intOr("pad_token_id", 1) - 1 : rows;
        if (positions < 1) {
            throw new ModelLoadException(
                    "%s: %s %d leaves no room for a token: download it again".formatted(config.file(), key, rows));
        }
        return positions;
    }

    private static double stated(ModelConfig sentences) {
        for (List<String> place : PLACES) {
            ModelConfig holder = sentences;
            for (String key : place.subList(0, place.size() - 1)) {
                holder = holder == null ? null : holder.object(key);
            }
            double stated = holder == null ? 0 : holder.doubleOr(place.getLast(), 0);
            if (stated > 0) {
                return stated;
            }
        }
        return 0;
    }

    private static double tokenizer(Path file) {
        if (!Files.exists(file)) {
            return 0;
        }
        ModelConfig config = ModelConfig.read(file);
        return config.doubleOr("model_max_length", config.doubleOr("max_len", 0));
    }
}
