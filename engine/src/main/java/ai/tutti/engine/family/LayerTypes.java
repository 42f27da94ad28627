package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;
import java.util.List;

/** The {@code layer_types} that configurations list since transformers 5: which layers see all tokens and which a window. */
final class LayerTypes {
    static final String FULL = "full_attention";
    static final String SLIDING = "sliding_attention";
    static final List<String> NAMES = List.of(FULL, SLIDING);

    private LayerTypes() {}

    /**
     * For every layer whether it sees all tokens; empty where the configuration has no list.
     *
     * @throws ModelLoadException when the list has other types, or another number of layers
     */
    static List<Boolean> full(ModelConfig config, int layers) {
        var types = config.strings("layer_types");
        if (!types.isEmpty() && types.size() != layers) {
            throw new ModelLoadException("%s: layer_types has %d entries for %d layers"
                    .formatted(config.file(), types.size(), layers));
        }
        for (var type : types) {
            if (!NAMES.contains(type)) {
                throw new ModelLoadException("%s: layer_types has %s; only %s and %s can be served"
                        .formatted(config.file(), type, FULL, SLIDING));
            }
        }
        return types.stream().map(FULL::equals).toList();
    }
}
