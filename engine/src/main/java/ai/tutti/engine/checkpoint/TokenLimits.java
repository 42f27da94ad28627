package ai.tutti.engine.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * How many tokens a text may have.
 *
 * <p>{@code max_seq_length} of {@code sentence_bert_config.json} decides; newer folders have it as
 * {@code model_max_length} in {@code tokenizer_config.json}, where 1e30 stands for "unknown". Neither is believed beyond the
 * model's positions. RoBERTa's tables begin counting behind the padding token's id, so 514 rows are 512 tokens.
 *
 * @param maxTokens the limit, special tokens included
 * @param positions what the position table or {@code max_position_embeddings} holds
 */
record TokenLimits(int maxTokens, int positions) {
    private static final List<String> SENTENCE_FILES = List.of(
            "sentence_bert_config.json",
            "sentence_roberta_config.json",
            "sentence_distilbert_config.json",
            "sentence_camembert_config.json",
            "sentence_albert_config.json",
            "sentence_xlm-roberta_config.json",
            "sentence_xlnet_config.json");
    private static final Set<String> COUNT_BEHIND_PADDING = Set.of("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert");

    static TokenLimits read(Path folder, ModelConfig config) {
        int positions = positions(config);
        double stated = stated(folder);
        return new TokenLimits(stated > 0 && stated < positions ? (int) stated : positions, positions);
    }

    private static int positions(ModelConfig config) {
        int rows = config.requireInt("max_position_embeddings");
        boolean behind = COUNT_BEHIND_PADDING.contains(config.stringOr("model_type", ""));
        int positions = behind ? rows - config.intOr("pad_token_id", 1) - 1 : rows;
        if (positions < 1) {
            throw new ModelLoadException(
                    "%s: max_position_embeddings %d leaves no room for a token: download it again"
                            .formatted(config.file(), rows));
        }
        return positions;
    }

    private static double stated(Path folder) {
        for (String name : SENTENCE_FILES) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) {
                double stated = ModelConfig.read(file).doubleOr("max_seq_length", 0);
                if (stated > 0) {
                    return stated;
                }
            }
        }
        Path tokenizer = folder.resolve("tokenizer_config.json");
        return Files.exists(tokenizer) ? ModelConfig.read(tokenizer).doubleOr("model_max_length", 0) : 0;
    }
}
