package ai.tutti.engine.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The weights of a model folder, mapped and not read until asked for. Closing it takes every {@link StoredTensor} away. */
public interface Checkpoint extends AutoCloseable {
    /**
     * Maps a folder's weights: {@code model.safetensors}, {@code pytorch_model.bin}, either in shards, or
     * {@code model.onnx}, also in {@code onnx/}.
     *
     * @throws ModelLoadException when the folder has none of them or a file is broken
     */
    static Checkpoint open(Path folder) {
        return WeightFiles.open(folder);
    }

    /**
     * The files that {@link #open} looks for, best first; in place of each there may be shards, with an index that has its name
     * and {@code .index.json}.
     */
    static List<String> files() {
        return WeightFiles.NAMES;
    }

    /** The names of all tensors. */
    Set<String> names();

    /** A tensor by its name, or null. */
    @Nullable StoredTensor find(String name);

    /**
     * A tensor that must be there in this shape.
     *
     * @throws ModelLoadException naming the file, the tensor and what was found instead
     */
    StoredTensor require(String name, long... shape);

    @Override
    void close();
}
