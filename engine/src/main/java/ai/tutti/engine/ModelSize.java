package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.StoredTensor;
import ai.tutti.engine.tensor.Floats;
import ai.tutti.engine.tensor.Precision;

/**
 * How much native memory a model will take, told from the shapes of its tensors without reading their numbers. A little more
 * than it will really be where a folder has tensors that its family does not use.
 */
public final class ModelSize {
    private ModelSize() {}

    /**
     * The estimate in bytes: products in their own precision; tables, norms and biases in f32.
     *
     * @throws ai.tutti.engine.checkpoint.ModelLoadException when the folder has no weights or a file is broken
     */
    public static long estimate(ModelFolder folder, Precision precision) {
        requireNonNull(precision, "precision is null");
        int operand =
                switch (precision) {
                    case F32 -> Float.BYTES;
                    case BF16 -> Short.BYTES;
                };
        try (Checkpoint checkpoint = folder.checkpoint()) {
            long bytes = 0;
            for (String name : checkpoint.names()) {
                StoredTensor tensor = requireNonNull(checkpoint.find(name), "a tensor that is listed is missing");
                if (Floats.readable(tensor.dtype())) {
                    bytes += elements(tensor) * (isProduct(tensor) ? operand : Float.BYTES);
                }
            }
            return bytes + spectra(folder) + distances(folder, operand);
        }
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

    private static long elements(StoredTensor tensor) {
        long elements = 1;
        for (long size : tensor.shape()) {
            elements *= size;
        }
        return elements;
    }
}
