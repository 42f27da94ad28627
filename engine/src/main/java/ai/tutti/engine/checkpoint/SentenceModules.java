package ai.tutti.engine.checkpoint;

import java.nio.file.Path;
import java.util.List;

/**
 * What {@code modules.json} lists.
 *
 * @param transformer where the model itself lies, with its {@code config.json}, tokenizer and weights; mostly the folder
 * @param steps from hidden states to the vector, in order
 * @param stated false where the file is missing and the steps are what sentence-transformers assumes
 */
record SentenceModules(Path transformer, List<SentenceModule> steps, boolean stated) {
    SentenceModules {
        steps = List.copyOf(steps);
    }
}
