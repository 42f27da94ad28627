package ai.tutti.engine.checkpoint;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds a folder's weights, in the order in which the formats are preferred, and maps them. */
final class WeightFiles {
    private final Path folder;
    private final Arena arena = Arena.ofShared();

    private WeightFiles(Path folder) {
        this.folder = folder;
    }

    static Checkpoint open(Path folder) {
        WeightFiles files = new WeightFiles(folder);
        try {
            return files.read();
        } catch (RuntimeException | Error e) {
            files.arena.close();
            throw e;
        }
    }

    private Checkpoint read() {
        Path single = folder.resolve("model.safetensors");
        if (Files.exists(single)) {
            return checkpoint(single, Safetensors.read(MappedFile.map(single, arena)));
        }
        Path index = folder.resolve("model.safetensors.index.json");
        if (Files.exists(index)) {
            return checkpoint(index, shards(index));
        }
        for (String name : List.of("model.onnx", "onnx/model.onnx")) {
            Path onnx = folder.resolve(name);
            if (Files.exists(onnx)) {
                return checkpoint(onnx, Onnx.read(MappedFile.map(onnx, arena)));
            }
        }
        if (Files.exists(folder.resolve("pytorch_model.bin"))) {
            throw new ModelLoadException(folder + " has its weights in pytorch_model.bin, which is not supported:"
                    + " put the model's model.safetensors into the folder");
        }
        throw new ModelLoadException(
                folder + " has no weights: put the model's model.safetensors (or model.onnx) into the folder");
    }

    private Checkpoint checkpoint(Path source, List<StoredTensor> tensors) {
        return new MappedCheckpoint(arena, source.toString(), tensors);
    }

    private List<StoredTensor> shards(Path index) {
        Map<String, Set<String>> namesByShard = new LinkedHashMap<>();
        JsonFile.read(index).path("weight_map").properties().forEach(entry -> namesByShard
                .computeIfAbsent(entry.getValue().asString(""), shard -> new LinkedHashSet<>())
                .add(entry.getKey()));
        if (namesByShard.isEmpty()) {
            throw new ModelLoadException(index + " is broken, it has no weight_map: download it again");
        }
        List<StoredTensor> tensors = new ArrayList<>();
        namesByShard.forEach((shard, names) -> {
            if (!shard.endsWith(".safetensors") || shard.contains("/") || shard.contains("\\")) {
                throw new ModelLoadException("%s is broken, it names the file \"%s\": download it again"
                        .formatted(index, OneLine.of(shard)));
            }
            List<StoredTensor> found = Safetensors.read(MappedFile.map(folder.resolve(shard), arena));
            Set<String> missing = new LinkedHashSet<>(names);
            missing.removeAll(found.stream().map(StoredTensor::name).collect(Collectors.toSet()));
            if (!missing.isEmpty()) {
                throw new ModelLoadException("%s has no tensor %s, which %s promises: download both again"
                        .formatted(folder.resolve(shard), OneLine.of(missing.iterator().next()), index.getFileName()));
            }
            tensors.addAll(found);
        });
        return tensors;
    }
}
