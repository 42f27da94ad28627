package ai.tutti.server;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The registry once it is loaded. The server listens before that, so that who asks too early is told to come back. */
final class Models {
    private volatile @Nullable ModelRegistry loaded;

    void loaded(ModelRegistry registry) {
        loaded = registry;
    }

    /** Null while the models are being loaded. */
    @Nullable ModelRegistry ifLoaded() {
        return loaded;
    }

    /**
     * The loaded models.
     *
     * @throws ApiException 503 while they are being loaded
     */
    ModelRegistry require() {
        ModelRegistry registry = loaded;
        if (registry == null) {
            throw Errors.unavailable("model_loading", "the models are being loaded", Duration.ofSeconds(1));
        }
        return registry;
    }
}
