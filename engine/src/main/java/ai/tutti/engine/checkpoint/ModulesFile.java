package ai.tutti.engine.checkpoint;

import ai.tutti.engine.checkpoint.SentenceModule.Dense;
import ai.tutti.engine.checkpoint.SentenceModule.LayerNorm;
import ai.tutti.engine.checkpoint.SentenceModule.LogitScore;
import ai.tutti.engine.checkpoint.SentenceModule.Normalize;
import ai.tutti.engine.checkpoint.SentenceModule.Pooling;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Reads {@code modules.json} and the modules' own configurations. A module is known by the last part of its class's name,
 * since the packages in front have changed. A folder without the file means mean pooling, not normalised.
 */
final class ModulesFile {
    private static final List<SentenceModule> WITHOUT_FILE = List.of(new Pooling(List.of(PoolingMode.MEAN), true));
    private static final String SENTENCE = "sentence_embedding";

    /** What the module of the model itself is called; before version 0.4 each family had its own. */
    private static final Set<String> TRANSFORMERS =
            Set.of("Transformer", "BERT", "RoBERTa", "DistilBERT", "ALBERT", "CamemBERT", "XLMRoBERTa");

    private ModulesFile() {}

    static SentenceModules read(Path folder) {
        Path file = folder.resolve("modules.json");
        if (!Files.exists(file)) {
            return new SentenceModules(folder, WITHOUT_FILE, false);
        }
        JsonNode entries = JsonFile.read(file);
        if (!entries.isArray()) {
            throw new ModelLoadException(file + " is broken, it is not a JSON list: download it again");
        }
        List<Path> transformers = new ArrayList<>();
        List<SentenceModule> steps = new ArrayList<>();
        for (JsonNode entry : entries) {
            Path inside = inside(file, entry.path("path").asString(""));
            String type = lastPart(entry.path("type").asString(""));
            if (TRANSFORMERS.contains(type)) {
                transformers.add(inside);
            } else if (!type.equals("Dropout")) { // which does nothing but in training
                steps.add(module(file, type, inside));
            }
        }
        if (transformers.size() > 1) {
            throw new ModelLoadException(file + " lists several Transformer modules; one can be served");
        }
        return new SentenceModules(transformers.isEmpty() ? folder : transformers.getFirst(), steps, true);
    }

    /** The module's folder, which must not lie outside the model's. */
    private static Path inside(Path file, String path) {
        Path folder = file.resolveSibling("").normalize();
        try {
            Path inside = folder.resolve(path).normalize();
            if (inside.startsWith(folder)) {
                return inside;
            }
        } catch (InvalidPathException e) {
            // no folder can be called so
        }
        throw new ModelLoadException(
                "%s is broken, it names the folder \"%s\": download it again".formatted(file, OneLine.of(path)));
    }

    private static SentenceModule module(Path file, String type, Path folder) {
        return switch (type) {
            case "Pooling" -> pooling(ModelConfig.read(folder.resolve("config.json")));
            case "Normalize" -> normalize(folder.resolve("config.json"));
            case "Dense" -> dense(ModelConfig.read(folder.resolve("config.json")), folder);
            case "LayerNorm" -> new LayerNorm(
                    folder, ModelConfig.read(folder.resolve("config.json")).requireInt("dimension"));
            case "LogitScore" -> logitScore(ModelConfig.read(folder.resolve("config.json")));
            default -> throw new ModelLoadException(
                    "%s asks for the module %s, which is not supported (Pooling, Normalize, Dense, LayerNorm and LogitScore are)"
                            .formatted(file, OneLine.of(type)));
        };
    }

    /** The folder is mostly missing: version control drops empty ones. */
    private static Normalize normalize(Path file) {
        if (Files.exists(file)) {
            requireVectors(ModelConfig.read(file));
        }
        return new Normalize();
    }

    private static Dense dense(ModelConfig config, Path folder) {
        requireVectors(config);
        if (config.booleanOr("use_residual", false)) {
            throw new ModelLoadException(config.file() + ": use_residual is true; only false can be served");
        }
        return new Dense(
                folder,
                config.requireInt("in_features"),
                config.requireInt("out_features"),
                config.booleanOr("bias", true),
                lastPart(config.stringOr("activation_function", "torch.nn.modules.activation.Tanh")));
    }

    private static LogitScore logitScore(ModelConfig config) {
        String input = config.stringOr("module_input_name", "causal_logits");
        if (!input.equals("causal_logits")) {
            throw new ModelLoadException("%s: module_input_name is %s; only causal_logits can be served"
                    .formatted(config.file(), OneLine.of(input)));
        }
        return new LogitScore(
                config.requireInt("true_token_id"),
                config.has("false_token_id") ? config.requireInt("false_token_id") : null);
    }

    /** Newer modules can be told to work on every token's state, or on scores, in place of the text's vector. */
    private static void requireVectors(ModelConfig config) {
        for (String key : List.of("module_input_name", "module_output_name")) {
            String name = config.stringOr(key, SENTENCE);
            if (!name.equals(SENTENCE)) {
                throw new ModelLoadException("%s: %s is %s; only %s can be served"
                        .formatted(config.file(), key, OneLine.of(name), SENTENCE));
            }
        }
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
        if (modes.isEmpty()) {
            throw new ModelLoadException(config.file() + ": pooling_mode is an empty list: download the file again");
        }
        return modes;
    }

    private static String lastPart(String dotted) {
        return dotted.substring(dotted.lastIndexOf('.') + 1);
    }
}
