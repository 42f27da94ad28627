package ai.tutti.cli;

import static java.util.Objects.requireNonNull;

import ai.tutti.client.Tutti;
import ai.tutti.engine.CosineReranker;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.RerankModel;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.hub.CatalogueEntry.Kind;
import ai.tutti.hub.Hub;
import ai.tutti.hub.HubSettings;
import ai.tutti.hub.ModelSpec;
import ai.tutti.hub.ResolvedModel;
import ai.tutti.server.ModelSettings;
import org.jspecify.annotations.Nullable;

/**
 * Which model a command computes with, and where: here, as {@code tutti serve} would in the same folder, or by a server.
 *
 * @param spec the model
 * @param server the server's address; null: in this process
 * @param precision the arithmetic here; null: what the configuration file says, else {@code auto}
 * @param threads worker threads here
 */
record ModelChoice(ModelSpec spec, @Nullable String server, @Nullable Precision precision, int threads) {
    private static final int MOST_THREADS = 1024;

    ModelChoice {
        requireNonNull(spec, "spec is null");
    }

    static ModelChoice of(Args args) {
        String server = args.given(Options.SERVER, Given::text);
        for (Setting here : new Setting[] {Setting.PRECISION, Setting.THREADS}) {
            if (server != null && args.has(here.flag())) {
                throw new UsageException("%s is for models in this process; the server has its own".formatted(here.flag()));
            }
        }
        Given precision = args.given(Setting.PRECISION.flag());
        return new ModelChoice(
                args.given(Setting.MODEL.flag(), ModelChoice::spec, new ModelSpec(Hub.BUNDLED, null)),
                server,
                precision == null ? null : Values.precision(precision),
                args.given(
                        Setting.THREADS.flag(),
                        given -> (int) Values.count(given, MOST_THREADS),
                        Runtime.getRuntime().availableProcessors()));
    }

    /** The same with another model. */
    ModelChoice of(ModelSpec other) {
        return new ModelChoice(other, server, precision, threads);
    }

    static ModelSpec spec(Given given) {
        try {
            return ModelSpec.parse(given.text());
        } catch (IllegalArgumentException e) {
            throw given.wrong("NAME, NAME@REVISION or NAME=FOLDER, such as my-model=/models/my-model");
        }
    }

    /** A client of the server. */
    Tutti client(Surroundings surroundings) {
        String url = requireNonNull(server, "there is no server");
        Tutti.Builder builder;
        try {
            builder = Tutti.builder().baseUrl(url);
        } catch (IllegalArgumentException e) {
            throw new Given(url, Options.SERVER).wrong("the address of a server, such as http://127.0.0.1:8080/v1");
        }
        String key = surroundings.environment().getOrDefault("TOGETHER_API_KEY", "").strip();
        return (key.isEmpty() ? builder : builder.apiKey(key)).build();
    }

    /** An engine for this model alone, whose callers wait for room themselves. */
    Engine engine() {
        return Engine.create(new Engine.Settings(threads, Long.MAX_VALUE));
    }

    /** Finds the model, downloading what is missing while somebody can see how far it is. */
    private ResolvedModel resolve(Surroundings surroundings, ModelSettings settings) {
        ModelSpec found = spec.folder() == null && settings.path() != null ? spec.in(settings.path()) : spec;
        if (!Hub.isAtHand(found)) {
            var bar = new DownloadBar(surroundings.err(), Terminal.showsErrors());
            new Hub(HubSettings.of(surroundings.environment()), bar).locate(found);
        }
        return Hub.resolve(found);
    }

    private ModelSettings settings(Surroundings surroundings) {
        return ConfigFile.find(null, surroundings.folder()).models().getOrDefault(spec.name(), ModelSettings.DEFAULT);
    }

    private ModelOptions options(ResolvedModel model, ModelSettings own) {
        return new ModelOptions(
                model.name(),
                precision == null ? own.precision() : precision,
                own.maxTokens() == null ? model.raisedTokens() : own.maxTokens(),
                own.matryoshka() == null ? model.entry().matryoshka() : own.matryoshka(),
                model.entry().prompts(),
                own.reproduction(),
                own.prompt(model.entry()),
                Hub.uncasedTokenizer(model.folder()));
    }

    /**
     * Loads the model to embed with.
     *
     * @throws UsageException when it gives no vectors
     */
    EmbeddingModel embedding(Engine engine, Surroundings surroundings) {
        ModelSettings own = settings(surroundings);
        ResolvedModel model = resolve(surroundings, own);
        if (own.entry(model.entry()).kind() == Kind.RERANK) {
            throw new UsageException("%s scores documents and gives no vectors; --model names another".formatted(spec.name()));
        }
        return EmbeddingModel.load(engine, model.folder(), options(model, own));
    }

    /** Loads the model to rank with; an embedding model ranks by cosine. */
    RerankModel reranker(Engine engine, Surroundings surroundings) {
        ModelSettings own = settings(surroundings);
        ResolvedModel model = resolve(surroundings, own);
        ModelOptions options = options(model, own);
        return switch (own.entry(model.entry()).kind()) {
            case RERANK -> RerankModel.load(engine, model.folder(), options);
            case EMBEDDING -> new CosineReranker(EmbeddingModel.load(engine, model.folder(), options));
        };
    }
}
