package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.nn.Rotary;
import org.jspecify.annotations.Nullable;

/**
 * The rotary frequencies of a decoder, as transformers computes them from {@code rope_theta} and {@code rope_scaling}, or
 * from {@code rope_parameters}, which since its version 5 holds both.
 *
 * <p>{@code linear} divides all frequencies by a factor (Chen et al., 2023, arXiv:2306.15595). {@code llama3} divides those
 * that turn less than {@code low_freq_factor} times within the length that the model was first trained on, keeps those that
 * turn more than {@code high_freq_factor} times, and blends in between (Llama 3.1's published code). Both apply at every
 * length.
 */
final class RotaryScaling {
    private static final double THETA = 10_000;

    private RotaryScaling() {}

    /**
     * The frequencies of a head's pairs, {@code [headSize / 2]}.
     *
     * @throws ModelLoadException when the configuration asks for another scaling or cannot be
     */
    static float[] frequencies(ModelConfig config, int headSize, int positions) {
        if (headSize % 2 != 0) {
            throw new ModelLoadException(
                    "%s: heads of %d numbers cannot be turned by halves".formatted(config.file(), headSize));
        }
        var parameters = parameters(config);
        double theta = positive(config, "rope_theta", THETA);
        if (parameters == null) {
            return Rotary.frequencies(headSize, theta);
        }
        whole(config);
        whole(parameters);
        var frequencies = Rotary.frequencies(headSize, positive(parameters, "rope_theta", theta));
        var type = parameters.stringOr("rope_type", parameters.stringOr("type", "default"));
        switch (type) {
            case "default" -> {}
            case "linear" -> linear(frequencies, required(parameters, "factor"));
            case "llama3" -> llama3(frequencies, parameters, original(config, parameters, positions));
            default ->
                throw new ModelLoadException("%s: rotary positions of type %s cannot be served; default, linear and llama3 can"
                        .formatted(config.file(), type));
        }
        return frequencies;
    }

    /** The older key is asked first, as transformers does; an empty object says nothing. */
    private static @Nullable ModelConfig parameters(ModelConfig config) {
        var scaling = config.object("rope_scaling");
        var parameters = scaling == null || scaling.keys().isEmpty() ? config.object("rope_parameters") : scaling;
        for (var layers : LayerTypes.NAMES) {
            if (parameters != null && parameters.has(layers)) {
                throw new ModelLoadException("%s: rope_parameters of each layer type cannot be served for this model"
                        .formatted(config.file()));
            }
        }
        return parameters;
    }

    private static void whole(ModelConfig config) {
        if (config.doubleOr("partial_rotary_factor", 1) != 1) {
            throw new ModelLoadException("%s: partial_rotary_factor is %s; only 1 can be served"
                    .formatted(config.file(), config.doubleOr("partial_rotary_factor", 1)));
        }
    }

    private static void linear(float[] frequencies, double factor) {
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] /= (float) factor;
        }
    }

    private static void llama3(float[] frequencies, ModelConfig parameters, double original) {
        float factor = (float) required(parameters, "factor");
        float low = (float) required(parameters, "low_freq_factor");
        float high = (float) required(parameters, "high_freq_factor");
        if (!(low < high)) {
            throw new ModelLoadException("%s: low_freq_factor %s must be below high_freq_factor %s"
                    .formatted(parameters.file(), low, high));
        }
        for (int i = 0; i < frequencies.length; i++) {
            float frequency = frequencies[i];
            float wavelength = 1 / frequency * (float) (2 * Math.PI);
            if (wavelength > original / low) {
                frequencies[i] = frequency / factor;
            } else if (!(wavelength < original / high)) {
                float smooth = ((float) original / wavelength - low) / (high - low);
                frequencies[i] = (1 - smooth) * frequency / factor + smooth * frequency;
            }
        }
    }

    /** The length of the first training; a configuration's own key is stronger than the parameters', as in transformers. */
    private static double original(ModelConfig config, ModelConfig parameters, int positions) {
        var key = "original_max_position_embeddings";
        return positive(config, key, positive(parameters, key, positions));
    }

    private static double required(ModelConfig parameters, String key) {
        parameters.requireDouble(key);
        return positive(parameters, key, 1);
    }

    private static double positive(ModelConfig config, String key, double otherwise) {
        double value = config.doubleOr(key, otherwise);
        if (!(value > 0 && Double.isFinite(value))) {
            throw new ModelLoadException("%s: %s is %s; it must be above 0".formatted(config.file(), key, value));
        }
        return value;
    }
}
