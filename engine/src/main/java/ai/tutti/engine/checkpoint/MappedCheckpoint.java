package ai.tutti.engine.checkpoint;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tensors in mapped files; closing the arena takes the maps away. */
final class MappedCheckpoint implements Checkpoint {
    private final Arena arena;
    private final String source;
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    MappedCheckpoint(Arena arena, String source, List<StoredTensor> stored) {
        this.arena = arena;
        this.source = source;
        TensorNames names = TensorNames.of(stored.stream().map(StoredTensor::name).toList());
        for (StoredTensor tensor : stored) {
            StoredTensor named = renamed(tensor, names.plain(tensor.name()));
            if (tensors.put(named.name(), named) != null) {
                throw new ModelLoadException("%s has two tensors named %s: download it again"
                        .formatted(tensor.file(), OneLine.of(named.name())));
            }
        }
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    @Override
    public @Nullable StoredTensor find(String name) {
        return tensors.get(name);
    }

    @Override
    public StoredTensor require(String name, long... shape) {
        StoredTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new ModelLoadException("%s has no tensor %s of shape %s, which its config.json asks for: check that both"
                            .formatted(source, name, Arrays.toString(shape))
                    + " belong to the same model");
        }
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw new ModelLoadException("%s: tensor %s has shape %s where config.json asks for %s: check that both"
                            .formatted(tensor.file(), name, Arrays.toString(tensor.shape()), Arrays.toString(shape))
                    + " belong to the same model");
        }
        return tensor;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private static StoredTensor renamed(StoredTensor tensor, String name) {
        return name.equals(tensor.name())
                ? tensor
                : new StoredTensor(name, tensor.dtype(), tensor.shape(), tensor.strides(), tensor.data(), tensor.file());
    }
}
