package ai.tutti.engine.checkpoint;

import java.nio.file.Path;

/** A model's folder in the layout of the Hugging Face Hub. */
public final class ModelFolder {
    private final Path path;

    private ModelFolder(Path path) {
        this.path = path;
    }

    /**
     * Reads the folder's configuration files; weights and tokenizer are read later.
     *
     * @throws ModelLoadException when the folder or one of its files is missing or broken
     */
    public static ModelFolder open(Path path) {
        return new ModelFolder(path);
    }

    public Path path() {
        return path;
    }
}
