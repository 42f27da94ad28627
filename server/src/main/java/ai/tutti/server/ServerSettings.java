package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.Engine;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.hub.Hub;
import ai.tutti.hub.ModelSpec;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that can be set about a server.
 *
 * @param host the address to listen on
 * @param port the port to listen on; 0: a free one
 * @param models what to serve, at least one
 * @param aliases further names: alias to the name of a served model
 * @param precision the models' arithmetic; null: {@code auto}
 * @param threads worker threads of the engine
 * @param apiKeys the keys that are accepted; none: every key, and none at all
 * @param maxBodyBytes the longest request body in bytes; over it the answer is 413
 * @param maxRequestTokens the most tokens that one request may have; over it the answer is 400
 * @param queueTokens the most tokens that may wait over all requests; over it the answer is 429
 * @param tokenInput whether {@code input} may hold token ids
 * @param shelf how the models share the machine
 * @param modelSettings settings of single models by name
 * @param chat who answers chat completions
 * @param traffic how requests are let through
 */
public record ServerSettings(
        String host,
        int port,
        List<ModelSpec> models,
        Map<String, String> aliases,
        @Nullable Precision precision,
        int threads,
        List<String> apiKeys,
        long maxBodyBytes,
        long maxRequestTokens,
        long queueTokens,
        boolean tokenInput,
        ShelfSettings shelf,
        Map<String, ModelSettings> modelSettings,
        ChatSettings chat,
        TrafficSettings traffic) {
    /** The bundled model on 127.0.0.1:8080, for everybody on this machine. */
    public static final ServerSettings DEFAULT = new ServerSettings(
            "127.0.0.1",
            8080,
            List.of(new ModelSpec(Hub.BUNDLED, null)),
            Map.of(),
            null,
            Engine.Settings.DEFAULT.threads(),
            List.of(),
            64L << 20,
            2_000_000,
            Engine.Settings.DEFAULT.queueTokens(),
            false,
            ShelfSettings.DEFAULT,
            Map.of(),
            ChatSettings.DEFAULT,
            TrafficSettings.DEFAULT);

    public ServerSettings {
        requireNonNull(host, "host is null");
        models = List.copyOf(models);
        aliases = Map.copyOf(aliases);
        apiKeys = List.copyOf(apiKeys);
        requireNonNull(shelf, "shelf is null");
        modelSettings = Map.copyOf(modelSettings);
        requireNonNull(chat, "chat is null");
        requireNonNull(traffic, "traffic is null");
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be 0 to 65535, not " + port);
        }
        if (models.isEmpty()) {
            throw new IllegalArgumentException("models must name at least one model");
        }
        requirePositive("threads", threads);
        requirePositive("maxBodyBytes", maxBodyBytes);
        requirePositive("maxRequestTokens", maxRequestTokens);
        requirePositive("queueTokens", queueTokens);
        if (shelf.adminKey() != null && apiKeys.contains(shelf.adminKey())) {
            throw new IllegalArgumentException("the admin key must not be one of the API keys");
        }
    }

    private static void requirePositive(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
    }

    /** The settings of one model. */
    public ModelSettings settingsOf(String model) {
        return modelSettings.getOrDefault(model, ModelSettings.DEFAULT);
    }

    /** These settings, to be changed in parts. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Settings in the making; every method sets the component of its name. To be used by one thread. */
    public static final class Builder {
        private String host;
        private int port;
        private List<ModelSpec> models;
        private Map<String, String> aliases;
        private @Nullable Precision precision;
        private int threads;
        private List<String> apiKeys;
        private long maxBodyBytes;
        private long maxRequestTokens;
        private long queueTokens;
        private boolean tokenInput;
        private ShelfSettings shelf;
        private Map<String, ModelSettings> modelSettings;
        private ChatSettings chat;
        private TrafficSettings traffic;

        private Builder(ServerSettings from) {
            host = from.host();
            port = from.port();
            models = from.models();
            aliases = from.aliases();
            precision = from.precision();
            threads = from.threads();
            apiKeys = from.apiKeys();
            maxBodyBytes = from.maxBodyBytes();
            maxRequestTokens = from.maxRequestTokens();
            queueTokens = from.queueTokens();
            tokenInput = from.tokenInput();
            shelf = from.shelf();
            modelSettings = from.modelSettings();
            chat = from.chat();
            traffic = from.traffic();
        }

        public Builder host(String value) {
            host = value;
            return this;
        }

        public Builder port(int value) {
            port = value;
            return this;
        }

        public Builder models(List<ModelSpec> value) {
            models = value;
            return this;
        }

        public Builder aliases(Map<String, String> value) {
            aliases = value;
            return this;
        }

        public Builder precision(@Nullable Precision value) {
            precision = value;
            return this;
        }

        public Builder threads(int value) {
            threads = value;
            return this;
        }

        public Builder apiKeys(List<String> value) {
            apiKeys = value;
            return this;
        }

        public Builder maxBodyBytes(long value) {
            maxBodyBytes = value;
            return this;
        }

        public Builder maxRequestTokens(long value) {
            maxRequestTokens = value;
            return this;
        }

        public Builder queueTokens(long value) {
            queueTokens = value;
            return this;
        }

        public Builder tokenInput(boolean value) {
            tokenInput = value;
            return this;
        }

        public Builder shelf(ShelfSettings value) {
            shelf = value;
            return this;
        }

        public Builder modelSettings(Map<String, ModelSettings> value) {
            modelSettings = value;
            return this;
        }

        public Builder chat(ChatSettings value) {
            chat = value;
            return this;
        }

        public Builder traffic(TrafficSettings value) {
            traffic = value;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException when they do not go together; the message names the component
         */
        public ServerSettings build() {
            return new ServerSettings(
                    host,
                    port,
                    models,
                    aliases,
                    precision,
                    threads,
                    apiKeys,
                    maxBodyBytes,
                    maxRequestTokens,
                    queueTokens,
                    tokenInput,
                    shelf,
                    modelSettings,
                    chat,
                    traffic);
        }
    }
}
