package ai.tutti.cli;

import static ai.tutti.cli.Setting.ADMIN_KEY;
import static ai.tutti.cli.Setting.ALIAS;
import static ai.tutti.cli.Setting.API_KEY;
import static ai.tutti.cli.Setting.CACHE;
import static ai.tutti.cli.Setting.CHAT_API_KEY;
import static ai.tutti.cli.Setting.CHAT_MODELS;
import static ai.tutti.cli.Setting.CHAT_TIMEOUT;
import static ai.tutti.cli.Setting.CHAT_UPSTREAM;
import static ai.tutti.cli.Setting.HOST;
import static ai.tutti.cli.Setting.LAZY;
import static ai.tutti.cli.Setting.LOAD_WAIT;
import static ai.tutti.cli.Setting.MAX_BODY;
import static ai.tutti.cli.Setting.MAX_REQUEST_TOKENS;
import static ai.tutti.cli.Setting.MEMORY_BUDGET;
import static ai.tutti.cli.Setting.MODEL;
import static ai.tutti.cli.Setting.PORT;
import static ai.tutti.cli.Setting.PRECISION;
import static ai.tutti.cli.Setting.QUEUE_TOKENS;
import static ai.tutti.cli.Setting.THREADS;
import static ai.tutti.cli.Setting.TIMEOUT;
import static ai.tutti.cli.Setting.TOKEN_INPUT;
import static ai.tutti.cli.Setting.TRUST_FORWARDED;

import ai.tutti.hub.ModelSpec;
import ai.tutti.server.ChatSettings;
import ai.tutti.server.ModelSettings;
import ai.tutti.server.ServerSettings;
import ai.tutti.server.ShelfSettings;
import ai.tutti.server.TrafficSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedCollection;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** From what was written to what the server takes. */
final class Settings {
    private static final int MOST_THREADS = 1024;

    private final Configuration configuration;

    private Settings(Configuration configuration) {
        this.configuration = configuration;
    }

    /**
     * Understands a configuration.
     *
     * @throws UsageException naming the place of the first value that cannot be used
     */
    static ServerSettings of(Configuration configuration) {
        return new Settings(configuration).read();
    }

    private ServerSettings read() {
        ServerSettings defaults = ServerSettings.DEFAULT;
        List<String> apiKeys = configuration.all(API_KEY).stream().map(Settings::key).toList();
        ServerSettings.Builder settings = defaults.toBuilder();
        if (!configuration.all(PRECISION).isEmpty()) {
            settings.precision(Values.precision(configuration.all(PRECISION).getLast()));
        }
        return settings.host(last(HOST, Given::text, defaults.host()))
                .port(last(PORT, Values::port, defaults.port()))
                .models(models())
                .aliases(pairs(ALIAS, "ALIAS=NAME, such as text-embedding-3-small=BAAI/bge-small-en-v1.5"))
                .threads(last(THREADS, given -> (int) Values.count(given, MOST_THREADS), defaults.threads()))
                .apiKeys(apiKeys)
                .maxBodyBytes(last(MAX_BODY, Values::bytes, defaults.maxBodyBytes()))
                .maxRequestTokens(
                        last(MAX_REQUEST_TOKENS, given -> Values.count(given, Integer.MAX_VALUE), defaults.maxRequestTokens()))
                .queueTokens(last(QUEUE_TOKENS, given -> Values.count(given, Integer.MAX_VALUE), defaults.queueTokens()))
                .tokenInput(last(TOKEN_INPUT, Values::bool, defaults.tokenInput()))
                .shelf(shelf(defaults.shelf(), apiKeys))
                .modelSettings(configuration.models())
                .chat(chat(defaults.chat()))
                .traffic(new TrafficSettings(
                        last(TIMEOUT, Values::patience, defaults.traffic().timeout()),
                        last(CACHE, Values::memoryOrNone, defaults.traffic().cacheBytes()),
                        last(TRUST_FORWARDED, Values::bool, defaults.traffic().trustForwarded())))
                .build();
    }

    private ShelfSettings shelf(ShelfSettings defaults, List<String> apiKeys) {
        List<Given> adminKeys = configuration.all(ADMIN_KEY);
        String adminKey = adminKeys.isEmpty() ? defaults.adminKey() : key(adminKeys.getLast());
        if (adminKey != null && apiKeys.contains(adminKey)) {
            throw new UsageException("%s: must not be one of the keys that clients may use (--api-key); choose another"
                    .formatted(adminKeys.getLast().origin()));
        }
        return new ShelfSettings(
                last(LAZY, Values::bool, defaults.lazy()),
                last(MEMORY_BUDGET, Values::memory, defaults.memoryBudgetBytes()),
                last(LOAD_WAIT, Values::time, defaults.loadWait()),
                adminKey);
    }

    private ChatSettings chat(ChatSettings defaults) {
        List<Given> upstreams = configuration.all(CHAT_UPSTREAM);
        if (upstreams.isEmpty()) {
            for (Setting setting : List.of(CHAT_API_KEY, CHAT_MODELS, CHAT_TIMEOUT)) {
                configuration.all(setting).stream().findFirst().ifPresent(alone -> {
                    throw new UsageException("%s: means nothing without --chat-upstream; say who answers chat completions"
                            .formatted(alone.origin()));
                });
            }
            return defaults;
        }
        Given upstream = upstreams.getLast();
        try {
            return new ChatSettings(
                    Values.url(upstream),
                    last(CHAT_API_KEY, Settings::key, defaults.apiKey()),
                    pairs(CHAT_MODELS, "NAME=THEIRS, such as meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo=llama3.1:8b"),
                    last(CHAT_TIMEOUT, Values::patience, defaults.timeout()));
        } catch (IllegalArgumentException e) {
            throw new UsageException("%s: %s".formatted(upstream.origin(), e.getMessage()), e);
        }
    }

    private <T extends @Nullable Object> T last(Setting setting, Function<Given, T> reading, T otherwise) {
        List<Given> given = configuration.all(setting);
        return given.isEmpty() ? otherwise : reading.apply(given.getLast());
    }

    /** The models that were asked for by name, or all that the file describes, or the server's default. */
    private List<ModelSpec> models() {
        List<Given> named = configuration.all(MODEL);
        if (named.isEmpty() && configuration.models().isEmpty()) {
            return ServerSettings.DEFAULT.models();
        }
        SequencedCollection<ModelSpec> specs = named.isEmpty()
                ? configuration.models().keySet().stream().map(name -> new ModelSpec(name, null)).toList()
                : named.stream().map(Settings::spec).toList();
        var seen = new LinkedHashSet<String>();
        var models = new ArrayList<ModelSpec>();
        for (ModelSpec spec : specs) {
            if (!seen.add(spec.name())) {
                throw new UsageException("--model: '%s' is given twice; give each model once".formatted(spec.name()));
            }
            models.add(withPath(spec));
        }
        return models;
    }

    private ModelSpec withPath(ModelSpec spec) {
        ModelSettings settings = configuration.models().get(spec.name());
        if (spec.folder() != null || settings == null || settings.path() == null) {
            return spec;
        }
        if (spec.revision() != null) {
            throw new UsageException("--model: '%s' has a folder in the configuration file, and a folder has no revisions"
                    .formatted(spec));
        }
        Path path = settings.path();
        return spec.in(path);
    }

    private static ModelSpec spec(Given given) {
        try {
            return ModelSpec.parse(given.text());
        } catch (IllegalArgumentException e) {
            throw given.wrong("NAME, NAME@REVISION or NAME=FOLDER, such as my-model=/models/my-model");
        }
    }

    /** What names stand for, by name. */
    private Map<String, String> pairs(Setting setting, String form) {
        var pairs = new LinkedHashMap<String, String>();
        for (Given given : configuration.all(setting)) {
            int equals = given.text().indexOf('=');
            String name = equals < 0 ? "" : given.text().substring(0, equals).strip();
            String meaning = given.text().substring(equals + 1).strip();
            if (name.isEmpty() || meaning.isEmpty()) {
                throw given.wrong(form);
            }
            String before = pairs.put(name, meaning);
            if (before != null && !before.equals(meaning)) {
                throw new UsageException("%s: '%s' stands for both %s and %s; choose one"
                        .formatted(given.origin(), name, before, meaning));
            }
        }
        return pairs;
    }

    private static String key(Given given) {
        if (given.text().isBlank()) {
            throw new UsageException(given.origin() + ": a key must not be empty");
        }
        return given.text().strip();
    }
}
