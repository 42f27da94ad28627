package ai.tutti.engine;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.text.Tokenizer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;

/**
 * Which tokenizer a model's texts go through: the folder's own, but for M2-BERT. That was trained with bert-base-uncased's, while
 * the published folders carry bert-base-cased's, whose ids mean other words.
 */
final class TokenizerChoice {
    private static final System.Logger LOG = System.getLogger(TokenizerChoice.class.getName());
    private static final String TRAPPED = "m2_bert";
    /** Entries of bert-base-cased. */
    static final int CASED = 28_996;
    /** Entries of bert-base-uncased. */
    static final int UNCASED = 30_522;

    private TokenizerChoice() {}

    /** @throws ModelLoadException when the one that is needed is not there */
    static Tokenizer of(ModelFolder folder, ModelOptions options) {
        var asked = options.reproduction().vocabulary();
        if (!folder.modelType().equals(TRAPPED)) {
            if (asked == Reproduction.Vocabulary.UNCASED) {
                throw new ModelLoadException("%s: tokenizer can be 'uncased' for models of type %s alone"
                        .formatted(options.name(), TRAPPED));
            }
            return folder.tokenizer();
        }
        if (asked == Reproduction.Vocabulary.UNCASED) {
            return uncased(folder, options, "as was asked");
        }
        if (asked == null && !Files.exists(folder.path().resolve("tokenizer.json"))) {
            return uncased(folder, options, "since the folder has none");
        }
        var own = folder.tokenizer();
        if (asked == null && own.vocabularySize() == CASED) {
            own.close();
            return uncased(
                    folder,
                    options,
                    "since the folder's, of %,d entries, is bert-base-cased's, which the model was not trained with".formatted(CASED));
        }
        LOG.log(Level.INFO, "{0} takes its folder''s tokenizer, of {1} entries", options.name(), own.vocabularySize());
        return own;
    }

    private static Tokenizer uncased(ModelFolder folder, ModelOptions options, String why) {
        var path = options.uncased();
        if (path == null) {
            throw new ModelLoadException(
                    "%s needs bert-base-uncased's tokenizer (%s): put its tokenizer.json and tokenizer_config.json there"
                            .formatted(folder.path(), why));
        }
        try {
            var tokenizer = Tokenizer.load(path.resolve("tokenizer.json"), path.resolve("tokenizer_config.json"));
            if (tokenizer.vocabularySize() != UNCASED) {
                int entries = tokenizer.vocabularySize();
                tokenizer.close();
                throw new ModelLoadException("%s has %,d entries; bert-base-uncased's has %,d"
                        .formatted(path.resolve("tokenizer.json"), entries, UNCASED));
            }
            LOG.log(Level.INFO, "{0} takes bert-base-uncased''s tokenizer, {1}", options.name(), why);
            return tokenizer;
        } catch (IOException e) {
            throw new ModelLoadException("%s: %s".formatted(path, e.getMessage()), e);
        }
    }
}
