package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.StoredTensor;
import ai.tutti.engine.family.Families;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Precision;

/**
 * How much native memory a model will take, told from the shapes of its tensors without reading their numbers. A little more
 * than it will really be where a folder has tensors that its family does not use.
 */
public final class ModelSize {
    private ModelSize() {}

    /**
     * The estimate in bytes: products in their own precision; tables, norms and biases in f32. Of decoders what the file has in
     * two bytes stays so.
     *
     * @throws ai.tutti.engine.checkpoint.ModelLoadException when the folder has no weights or a file is broken
     */
    public static long estimate(ModelFolder folder, Precision precision) {
        requireNonNull(precision, "precision is null");
        boolean compact = Families.storage(folder.modelType()) == Weights.Storage.COMPACT;
        try (Checkpoint checkpoint = folder.checkpoint()) {
            long bytes = 0;
            for (String name : checkpoint.names()) {
                StoredTensor tensor = requireNonNull(checkpoint.find(name), "a tensor that is listed is missing");
                if (Floats.readable(tensor.dtype()) && !isVocabularyHead(tensor)) {
                    bytes += bytes(tensor, precision, compact);
                }
            }
            return bytes + spectra(folder) + distances(folder, precision == Precision.F32 ? Float.BYTES : Short.BYTES);
        }
    }

    private static long bytes(StoredTensor tensor, Precision precision, boolean compact) {
        long elements = elements(tensor);
        int kept = compact && tensor.shape().length > 1 && Floats.isHalf(tensor.dtype()) ? Short.BYTES : Float.BYTES;
        if (!isProduct(tensor)) {
            return elements * kept;
        }
        return switch (precision) {
            case F32 -> elements * kept;
            case BF16 -> elements * Short.BYTES;
            case INT8 -> elements + elements / Kernels.INT8_GROUP * Float.BYTES;
        };
    }

    /** M2-BERT's filters: two complex spectra in f32 of every layer but the last. */
    private static long spectra(ModelFolder folder) {
        if (!folder.modelType().equals("m2_bert")) {
            return 0;
        }
        long layers = folder.config().requireInt("num_hidden_layers") - 1L;
        return layers * 2 * folder.config().requireInt("hidden_size") * folder.positions() * 2 * Float.BYTES;
    }

    /** DeBERTa's position terms, a row for every distance between two tokens, two tables a layer. */
    private static long distances(ModelFolder folder, int operand) {
        if (!folder.modelType().equals("deberta-v2")) {
            return 0;
        }
        long rows = 2L * folder.positions();
        return folder.config().requireInt("num_hidden_layers") * 2L * rows * folder.config().requireInt("hidden_size") * operand;
    }

    private static boolean isProduct(StoredTensor tensor) {
        return tensor.shape().length > 1 && !tensor.name().contains("embed");
    }

    /** A language model's last layer, of which a reranker takes two rows, and an embedder none. */
    private static boolean isVocabularyHead(StoredTensor tensor) {
        return tensor.name().endsWith("lm_head.weight");
    }

    private static long elements(StoredTensor tensor) {
        long elements = 1;
        for (long size : tensor.shape()) {
            elements *= size;
        }
        return elements;
    }
}
