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
import java.util.function.Function;
import java.util.stream.Collectors;

/** Finds a folder's weights, in the order in which the formats are preferred, and maps them. */
final class WeightFiles {
    private static final List<Format> FORMATS = List.of(
            new Format("model.safetensors", Safetensors::read),
            new Format("pytorch_model.bin", PyTorch::read),
            new Format("model.onnx", Onnx::read),
            new Format("onnx/model.onnx", Onnx::read));

    /** The formats' files, in the same order. */
    static final List<String> NAMES = FORMATS.stream().map(Format::file).toList();

    /** A kind of file: its name where it is whole, and how it is read. Shards have the same extension. */
    private record Format(String file, Function<MappedFile, List<StoredTensor>> reader) {
        List<StoredTensor> read(Path path, Arena arena) {
            MappedFile mapped = MappedFile.map(path, arena);
            if (mapped.isPointer()) {
                throw new ModelLoadException(path + " is a Git LFS pointer and not the weights: fetch it with git lfs pull");
            }
            return reader.apply(mapped);
        }

        boolean isShard(String name) {
            return name.endsWith(file.substring(file.lastIndexOf('.')))
                    && name.chars().noneMatch(c -> c == '/' || c == '\\' || c < ' ');
        }
    }

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
        for (Format format : FORMATS) {
            Path file = folder.resolve(format.file());
            if (Files.exists(file)) {
                return checkpoint(file, format.read(file, arena));
            }
            Path index = folder.resolve(format.file() + ".index.json");
            if (Files.exists(index)) {
                return checkpoint(index, shards(index, format));
            }
        }
        throw new ModelLoadException(folder + " has no weights: put the model's model.safetensors (or pytorch_model.bin, or"
                + " model.onnx) into the folder");
    }

    private Checkpoint checkpoint(Path source, List<StoredTensor> tensors) {
        return new MappedCheckpoint(arena, source.toString(), tensors);
    }

    private List<StoredTensor> shards(Path index, Format format) {
        Map<String, Set<String>> namesByShard = new LinkedHashMap<>();
        JsonFile.read(index).path("weight_map").properties().forEach(entry -> namesByShard
                .computeIfAbsent(entry.getValue().asString(""), shard -> new LinkedHashSet<>())
                .add(entry.getKey()));
        if (namesByShard.isEmpty()) {
            throw new ModelLoadException(index + " is broken, it has no weight_map: download it again");
        }
        List<StoredTensor> tensors = new ArrayList<>();
        namesByShard.forEach((shard, names) -> {
            if (!format.isShard(shard)) {
                throw new ModelLoadException("%s is broken, it names the file \"%s\": download it again"
                        .formatted(index, OneLine.of(shard)));
            }
            List<StoredTensor> found = format.read(folder.resolve(shard), arena);
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
