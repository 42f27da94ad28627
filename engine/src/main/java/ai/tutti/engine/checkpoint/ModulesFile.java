package ai.tutti.engine.checkpoint;

import ai.tutti.engine.checkpoint.SentenceModule.Dense;
import ai.tutti.engine.checkpoint.SentenceModule.LayerNorm;
import ai.tutti.engine.checkpoint.SentenceModule.Normalize;
import ai.tutti.engine.checkpoint.SentenceModule.Pooling;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads {@code modules.json} and the modules' own configurations. A module is known by the last part of its class's name,
 * since the packages in front have changed. A folder without the file means mean pooling, not normalised.
 */
final class ModulesFile {
    private static final List<SentenceModule> WITHOUT_FILE = List.of(new Pooling(List.of(PoolingMode.MEAN), true));

    private ModulesFile() {}

    static List<SentenceModule> read(Path folder) {
        Path file = folder.resolve("modules.json");
        if (!Files.exists(file)) {
            return WITHOUT_FILE;
        }
        List<SentenceModule> modules = new ArrayList<>();
        for (JsonNode entry : JsonFile.read(file)) {
            String path = entry.path("path").asString("");
            Path inside = folder.resolve(path).normalize();
            if (!inside.startsWith(folder.normalize())) {
                throw new ModelLoadException("%s is broken, it names the folder \"%s\": download it again"
                        .formatted(file, OneLine.of(path)));
            }
            SentenceModule module = module(file, lastPart(entry.path("type").asString("")), inside);
            if (module != null) {
                modules.add(module);
            }
        }
        return List.copyOf(modules);
    }

    /** The module, or null for the transformer, which is the model itself. */
    private static @Nullable SentenceModule module(Path file, String type, Path folder) {
        return switch (type) {
            case "Transformer" -> null;
            case "Pooling" -> pooling(ModelConfig.read(folder.resolve("config.json")));
            case "Normalize" -> new Normalize();
            case "Dense" -> dense(ModelConfig.read(folder.resolve("config.json")), folder);
            case "LayerNorm" -> new LayerNorm(
                    folder, ModelConfig.read(folder.resolve("config.json")).requireInt("dimension"));
            default -> throw new ModelLoadException(
                    "%s asks for the module %s, which is not supported (Pooling, Normalize, Dense and LayerNorm are)"
                            .formatted(file, OneLine.of(type)));
        };
    }

    private static Dense dense(ModelConfig config, Path folder) {
        return new Dense(
                folder,
                config.requireInt("in_features"),
                config.requireInt("out_features"),
                config.booleanOr("bias", true),
                lastPart(config.stringOr("activation_function", "torch.nn.modules.activation.Tanh")));
    }

    private static Pooling pooling(ModelConfig config) {
        List<PoolingMode> modes = config.has("pooling_mode") ? named(config) : flagged(config);
        return new Pooling(modes, config.booleanOr("include_prompt", true));
    }

    private static List<PoolingMode> flagged(ModelConfig config) {
        List<PoolingMode> modes = Arrays.stream(PoolingMode.values())
                .filter(mode -> config.booleanOr(mode.flag(), false))
                .toList();
        return modes.isEmpty() ? List.of(PoolingMode.MEAN) : modes;
    }

    private static List<PoolingMode> named(ModelConfig config) {
        List<PoolingMode> modes = new ArrayList<>();
        for (String label : config.stringOrStrings("pooling_mode")) {
            PoolingMode mode = PoolingMode.labelled(label);
            if (mode == null) {
                throw new ModelLoadException("%s: pooling_mode %s is not supported (cls, max, mean and others are)"
                        .formatted(config.file(), OneLine.of(label)));
            }
            modes.add(mode);
        }
        modes.sort(null);
        return modes;
    }

    private static String lastPart(String dotted) {
        return dotted.substring(dotted.lastIndexOf('.') + 1);
    }
}
