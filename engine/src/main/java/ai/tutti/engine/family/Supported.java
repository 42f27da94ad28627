package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.VectorModule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Refuses values of a configuration that would ask for other arithmetic than a family has, by key and value. */
final class Supported {
    /** As transformers names them. */
    private static final Map<String, Activation> ACTIVATIONS = activations();

    private Supported() {}

    /** That this JVM has the module for a model that cannot do without. */
    static void vectorModule(ModelConfig config, String modelType) {
        vectorsFor(config, "models of type " + modelType);
    }

    /** That this JVM has the module for int8. */
    static void vectorModule(ModelConfig config) {
        vectorsFor(config, "models in int8");
    }

    private static void vectorsFor(ModelConfig config, String what) {
        if (!VectorModule.present()) {
            throw new ModelLoadException(
                    "%s: %s need Java's vector module: start Java with --add-modules=jdk.incubator.vector"
                            .formatted(config.file(), what));
        }
    }

    /** A string that may be missing, and otherwise is one of these. */
    static void string(ModelConfig config, String key, String... values) {
        var found = config.stringOr(key, values[0]);
        if (!List.of(values).contains(found)) {
            throw refused(config, key, found, String.join(", ", values));
        }
    }

    /** A flag that may be missing, and otherwise has this value. */
    static void flag(ModelConfig config, String key, boolean value) {
        if (config.booleanOr(key, value) != value) {
            throw refused(config, key, !value, value);
        }
    }

    /** A number that may be missing, and otherwise is this one. */
    static void number(ModelConfig config, String key, int value) {
        if (config.intOr(key, value) != value) {
            throw refused(config, key, config.intOr(key, value), value);
        }
    }

    /** An activation by its name. */
    static Activation activation(ModelConfig config, String key, String otherwise) {
        var name = config.stringOr(key, otherwise);
        var activation = ACTIVATIONS.get(name);
        if (activation == null) {
            throw refused(config, key, name, String.join(", ", ACTIVATIONS.keySet()));
        }
        return activation;
    }

    private static ModelLoadException refused(ModelConfig config, String key, Object found, Object served) {
        return new ModelLoadException("%s: %s is %s; only %s can be served".formatted(config.file(), key, found, served));
    }

    private static Map<String, Activation> activations() {
        var names = new LinkedHashMap<String, Activation>();
        names.put("gelu", Activation.GELU);
        names.put("gelu_python", Activation.GELU);
        names.put("gelu_new", Activation.GELU_TANH);
        names.put("gelu_fast", Activation.GELU_TANH);
        names.put("gelu_pytorch_tanh", Activation.GELU_TANH);
        names.put("relu", Activation.RELU);
        names.put("silu", Activation.SILU);
        names.put("swish", Activation.SILU);
        names.put("tanh", Activation.TANH);
        return names;
    }
}
