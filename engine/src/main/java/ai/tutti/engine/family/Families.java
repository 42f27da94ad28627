package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.Weights;

/** Which family a folder belongs to, by its {@code model_type}. A new family is one more line in each method. */
public final class Families {
    private Families() {}

    /** Whether models of a {@code model_type} can be computed. */
    public static boolean knows(String modelType) {
        return switch (modelType) {
            case "bert", "roberta", "xlm-roberta", "camembert", "modernbert", "deberta-v2", "m2_bert" -> true;
            default -> false;
        };
    }

    /**
     * Reads a model's body.
     *
     * @throws ModelLoadException when the architecture is not known, or a file is not what it needs
     */
    public static Encoder encoder(ModelFolder folder, Weights weights) {
        return switch (folder.modelType()) {
            case "bert" -> new Bert(folder.config(), weights);
            case "roberta", "xlm-roberta", "camembert" -> new XlmRoberta(folder.config(), weights);
            case "modernbert" -> new ModernBert(folder.config(), weights);
            case "m2_bert" -> M2Bert.read(folder.config(), weights);
            case "deberta-v2" -> new DebertaV2(folder.config(), weights);
            default -> throw unknown(folder);
        };
    }

    /**
     * Reads the head with which a model classifies sequences.
     *
     * @throws ModelLoadException when the folder's model has no such head, or a file is not what it needs
     */
    public static Head head(ModelFolder folder, Weights weights) {
        if (!folder.architecture().endsWith("ForSequenceClassification")) {
            throw new ModelLoadException("%s: %s gives no scores; models named …ForSequenceClassification do"
                    .formatted(
                            folder.config().file(),
                            folder.architecture().isEmpty() ? "a model without architectures" : folder.architecture()));
        }
        return switch (folder.modelType()) {
            case "bert" -> Bert.head(folder.config(), weights);
            case "roberta", "xlm-roberta", "camembert" -> XlmRoberta.head(folder.config(), weights);
            case "modernbert" -> ModernBert.head(folder.config(), weights);
            case "deberta-v2" -> DebertaV2.head(folder.config(), weights);
            default -> throw unknown(folder);
        };
    }

    private static ModelLoadException unknown(ModelFolder folder) {
        if (folder.modelType().isEmpty()) {
            return new ModelLoadException(folder.config().file()
                    + " lacks the key model_type, which says how to compute the model: download the file again");
        }
        return new ModelLoadException("%s: models of type \"%s\" (%s) cannot be served; bert, xlm-roberta, modernbert and deberta-v2 can"
                .formatted(folder.config().file(), folder.modelType(), folder.architecture()));
    }
}
