package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Weights;

/** Which family a folder belongs to, by its {@code model_type}. A new family is one more line here. */
public final class Families {
    private Families() {}

    /**
     * Reads a model's body.
     *
     * @throws ModelLoadException when the architecture is not known, or a file is not what it needs
     */
    public static Encoder encoder(ModelFolder folder, Weights weights) {
        return switch (folder.modelType()) {
            case "bert" -> new Bert(folder.config(), weights);
            case "" -> throw new ModelLoadException(folder.config().file()
                    + " lacks the key model_type, which says how to compute the model: download the file again");
            default ->
                throw new ModelLoadException("%s: models of type \"%s\" (%s) cannot be served; bert can"
                        .formatted(folder.config().file(), folder.modelType(), folder.architecture()));
        };
    }
}
