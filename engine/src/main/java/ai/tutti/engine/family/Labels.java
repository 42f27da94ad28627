package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;

/** How many scores a classification head gives, as transformers finds it out. */
final class Labels {
    private Labels() {}

    /** The size of {@code id2label}; without it {@code num_labels}; without both 2. */
    static int count(ModelConfig config) {
        return config.labels();
    }
}
