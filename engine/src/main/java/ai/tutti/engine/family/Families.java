package ai.tutti.engine.family;

import static java.util.stream.Collectors.joining;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.Head;
import ai.tutti.engine.nn.Weights;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which family a folder belongs to, by its {@code model_type}. A new family is one more line in the list. */
public final class Families {
    /** Families of causal language models, of 0.5 to some 10 billion parameters. */
    private static final Set<String> DECODERS = Set.of("llama", "mistral", "qwen2", "qwen3");

    /** Families whose int8 is of weights and inputs. */
    private static final Set<String> CODED = Set.of("bert", "xlm-roberta", "roberta", "camembert");

    private static final List<Family> FAMILIES = List.of(
            new Family(Set.of("bert"), Bert::new, Bert::head),
            new Family(Set.of("xlm-roberta", "roberta", "camembert"), XlmRoberta::new, XlmRoberta::head),
            new Family(Set.of("modernbert"), ModernBert::new, ModernBert::head),
            new Family(Set.of("deberta-v2"), DebertaV2::new, DebertaV2::head),
            new Family(Set.of("m2_bert"), M2Bert::read, null),
            new Family(DECODERS, Decoder::new, Decoder::head));

    /**
     * A family.
     *
     * @param types the {@code model_type}s of its folders
     * @param body reads a model's body
     * @param head reads the head with which it classifies sequences; null where it has none
     */
    private record Family(Set<String> types, Reader<Encoder> body, @Nullable Reader<Head> head) {}

    @FunctionalInterface
    private interface Reader<T> {
        T read(ModelConfig config, Weights weights);
    }

    private Families() {}

    /** Whether models of a {@code model_type} can be computed. */
    public static boolean knows(String modelType) {
        return find(modelType) != null;
    }

    /** Whether models of a {@code model_type} are decoders: large ones, whose weights are kept as small as can be. */
    public static boolean isDecoder(String modelType) {
        return DECODERS.contains(modelType);
    }

    /** Whether models of a {@code model_type} can be computed in bytes, weights and inputs. */
    public static boolean isCoded(String modelType) {
        return CODED.contains(modelType);
    }

    /** How the weights of models of a {@code model_type} are kept. */
    public static Weights.Storage storage(String modelType) {
        return isDecoder(modelType) ? Weights.Storage.COMPACT : Weights.Storage.PACKED;
    }

    /**
     * Reads a model's body.
     *
     * @throws ModelLoadException when the architecture is not known, or a file is not what it needs
     */
    public static Encoder encoder(ModelFolder folder, Weights weights) {
        Family family = find(folder.modelType());
        if (family == null) {
            throw unknown(folder);
        }
        return family.body().read(folder.config(), weights);
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
        Family family = find(folder.modelType());
        if (family == null || family.head() == null) {
            throw unknown(folder);
        }
        return family.head().read(folder.config(), weights);
    }

    private static @Nullable Family find(String modelType) {
        return FAMILIES.stream().filter(family -> family.types().contains(modelType)).findFirst().orElse(null);
    }

    private static ModelLoadException unknown(ModelFolder folder) {
        if (folder.modelType().isEmpty()) {
            return new ModelLoadException(folder.config().file()
                    + " lacks the key model_type, which says how to compute the model: download the file again");
        }
        String known = FAMILIES.stream()
                .flatMap(family -> family.types().stream())
                .sorted()
                .collect(joining(", "));
        return new ModelLoadException("%s: models of type \"%s\" (%s) cannot be served; these types can: %s"
                .formatted(folder.config().file(), folder.modelType(), folder.architecture(), known));
    }
}
