package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which layers of a ModernBERT see all tokens and which a window, and by what base their positions turn.
 *
 * <p>Folders before transformers 5 say every how many layers one is global, and name both bases; since then they list the
 * layers' types, and each type has its own parameters.
 *
 * @param global for every layer whether it sees all tokens
 * @param reach how far to either side the others see: half of {@code local_attention}
 * @param globalTheta the rotary base of the global layers
 * @param localTheta the rotary base of the others
 */
record ModernBertLayers(List<Boolean> global, int reach, double globalTheta, double localTheta) {
    private static final double GLOBAL_THETA = 160_000;
    private static final double LOCAL_THETA = 10_000;

    ModernBertLayers {
        global = List.copyOf(global);
    }

    static ModernBertLayers of(ModelConfig config, Sizes sizes) {
        if (sizes.headSize() % 2 != 0) {
            throw new ModelLoadException("%s: heads of %d numbers (hidden_size / num_attention_heads) cannot be turned by halves"
                    .formatted(config.file(), sizes.headSize()));
        }
        int window = config.intOr("local_attention", 128);
        if (window < 0) {
            throw new ModelLoadException("%s: local_attention is %d; it must be at least 0".formatted(config.file(), window));
        }
        if (config.object("rope_scaling") != null) {
            throw new ModelLoadException("%s: rope_scaling cannot be served".formatted(config.file()));
        }
        double globalTheta = theta(config, LayerTypes.FULL, config.doubleOr("global_rope_theta", GLOBAL_THETA));
        double localTheta = theta(config, LayerTypes.SLIDING, localTheta(config, globalTheta));
        return new ModernBertLayers(global(config, sizes.layers()), window / 2, globalTheta, localTheta);
    }

    private static List<Boolean> global(ModelConfig config, int layers) {
        var full = LayerTypes.full(config, layers);
        if (!full.isEmpty()) {
            return full;
        }
        int every = config.intOr("global_attn_every_n_layers", 3);
        if (every < 1) {
            throw new ModelLoadException("%s: global_attn_every_n_layers is %d; it must be at least 1"
                    .formatted(config.file(), every));
        }
        return IntStream.range(0, layers).mapToObj(i -> i % every == 0).toList();
    }

    /** A folder that says null means the global layers' base. */
    private static double localTheta(ModelConfig config, double globalTheta) {
        boolean isNull = config.keys().contains("local_rope_theta") && !config.has("local_rope_theta");
        return isNull ? globalTheta : config.doubleOr("local_rope_theta", LOCAL_THETA);
    }

    private static double theta(ModelConfig config, String layerType, double otherwise) {
        var parameters = parameters(config, layerType);
        double theta = parameters == null ? otherwise : parameters.doubleOr("rope_theta", otherwise);
        if (!(theta > 0 && Double.isFinite(theta))) {
            throw new ModelLoadException(
                    "%s: the rope_theta of %s is %s; it must be above 0".formatted(config.file(), layerType, theta));
        }
        return theta;
    }

    private static @Nullable ModelConfig parameters(ModelConfig config, String layerType) {
        var all = config.object("rope_parameters");
        var parameters = all == null ? null : all.object(layerType);
        if (parameters != null) {
            Supported.string(parameters, "rope_type", "default");
        }
        return parameters;
    }
}
