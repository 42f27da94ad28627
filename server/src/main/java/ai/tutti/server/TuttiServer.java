package ai.tutti.server;

import ai.tutti.engine.Engine;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.net.BindException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A running server. */
public final class TuttiServer implements AutoCloseable {
    private final Engine engine;
    private final Patience patience;
    private final Vertx vertx;
    private final Metrics metrics;
    private final Tracing tracing;
    private final Models models = new Models();
    private final Readiness readiness = new Readiness(models);
    private final HttpServer http;
    private final AtomicBoolean closed = new AtomicBoolean();

    private TuttiServer(Engine engine, ServerSettings settings, Patience patience, Tracing tracing) {
        this.engine = engine;
        this.patience = patience;
        this.metrics = new Metrics(engine);
        this.tracing = tracing;
        this.vertx = Vertx.vertx(vertxOptions());
        this.http = vertx.createHttpServer(httpOptions())
                .requestHandler(routes(settings).handler())
                .invalidRequestHandler(MalformedRequests::refuse);
    }

    /**
     * Listens, loads the models and returns when they are ready. Until then requests get a 503.
     *
     * @throws StartException when the port is taken or a model cannot be served
     */
    public static TuttiServer start(ServerSettings settings) {
        return start(settings, Patience.DEFAULT, System.getenv());
    }

    /** With OpenTelemetry as an environment describes it. */
    static TuttiServer start(ServerSettings settings, Patience patience, Map<String, String> environment) {
        long cacheBytes = settings.traffic().cacheBytes();
        requireRoomForCache(cacheBytes);
        Tracing tracing = Tracing.of(environment);
        Engine engine = Engine.create(new Engine.Settings(settings.threads(), settings.queueTokens(), cacheBytes));
        TuttiServer server = new TuttiServer(engine, settings, patience, tracing);
        try {
            server.listen(settings);
            ModelRegistry registry = ModelRegistry.load(engine, settings, server.metrics);
            server.metrics.watch(registry.shelf());
            server.models.loaded(registry);
            refuseDoubleNames(registry, settings.chat());
            return server;
        } catch (RuntimeException | Error e) {
            server.close();
            throw e;
        }
    }

    /** What the heap cannot hold beside requests must not be promised. */
    private static void requireRoomForCache(long bytes) {
        long heap = Runtime.getRuntime().maxMemory();
        if (bytes > heap / 2) {
            throw new StartException("a cache of %s is more than half of the Java heap, which may grow to %s here: choose a smaller"
                            .formatted(Sizes.text(bytes), Sizes.text(heap))
                    + " one with --cache, or a larger heap with JAVA_OPTS=-Xmx…");
        }
    }

    private static void refuseDoubleNames(ModelRegistry registry, ChatSettings chat) {
        chat.models().keySet().stream().filter(registry::serves).findFirst().ifPresent(name -> {
            throw new StartException("the chat model %s is the name of a served model, too; choose another".formatted(name));
        });
    }

    private static VertxOptions vertxOptions() {
        return new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false));
    }

    private static HttpServerOptions httpOptions() {
        return new HttpServerOptions()
                .setReuseAddress(true)
                .setHttp2ClearTextEnabled(false)
                .setMaxInitialLineLength(16 << 10)
                .setMaxHeaderSize(32 << 10);
    }

    private Routes routes(ServerSettings settings) {
        Instant since = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        long budget = Runtime.getRuntime().maxMemory() / 4;
        long maxValues = BodyValues.limit(settings.maxRequestTokens());
        UploadReader uploads = new UploadReader(vertx, settings.maxBodyBytes(), maxValues, budget, patience.upload());
        metrics.watchUploads(uploads);
        String adminKey = settings.shelf().adminKey();
        Authentication admin = adminKey == null ? null : new Authentication(List.of(adminKey));
        ChatUpstream upstream = settings.chat().upstream() == null ? null : new ChatUpstream(vertx, settings.chat(), metrics);
        Listing listing = new Listing(models, settings.chat(), since);
        return new Routes(vertx, new Authentication(settings.apiKeys()), admin, uploads, metrics, tracing,
                settings.traffic(), patience)
                .compute("/embeddings", new EmbeddingsEndpoint(models, settings))
                .compute("/rerank", new RerankEndpoint(models, settings, RerankEndpoint.Dialect.TOGETHER))
                .computeV2("/rerank", new RerankEndpoint(models, settings, RerankEndpoint.Dialect.COHERE))
                .forward("/chat/completions", new ChatEndpoint(models, upstream))
                .get("/models", new ModelsEndpoint(listing))
                .get("/models/*", new ModelEndpoint(listing))
                .get("/autoscale/models", new DedicatedModelsEndpoint(models))
                .getV2("/supported-models", new SupportedModelsEndpoint(listing))
                .getV2("/supported-models/*", new SupportedModelEndpoint(listing))
                .admin("/admin/models", new ShelfEndpoint(models))
                .admin("/admin/models/*", new ShelfModelEndpoint(models), new ShelfActionEndpoint(models))
                .open("/livez", Routes::alive)
                .open("/readyz", readiness)
                .open("/metrics", new Dispatcher(new MetricsEndpoint(metrics), patience))
                .open("/openapi.json", new Dispatcher(OpenApiEndpoint.create(), patience));
    }

    private void listen(ServerSettings settings) {
        try {
            http.listen(settings.port(), settings.host()).toCompletionStage().toCompletableFuture().join();
        } catch (CompletionException e) {
            String where = settings.host() + ":" + settings.port();
            throw new StartException(
                    switch (e.getCause()) {
                        case BindException taken ->
                            "cannot listen on " + where + ": the port is taken or the address is not this machine's; choose"
                                    + " another with --port or --host";
                        case UnknownHostException unknown ->
                            "cannot listen on " + where + ": no such host is known; choose another with --host";
                        case SocketException denied ->
                            "cannot listen on " + where + ": " + denied.getMessage() + "; choose another with --port";
                        case null, default -> "cannot listen on " + where + ": " + e.getCause();
                    },
                    e);
        }
    }

    /** The port that it listens on. */
    public int port() {
        return http.actualPort();
    }

    /** The models that it serves, in memory or not, as they are now. */
    public List<ModelStatus> models() {
        return models.require().statuses();
    }

    /** The CPU and the instruction set in use, for people. */
    public String cpu() {
        return engine.cpu();
    }

    /** Stops accepting, lets requests under way end for a while, and frees everything. Harmless when repeated. */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        ModelRegistry registry = models.ifLoaded();
        if (registry != null) {
            registry.shelf().stop();
        }
        http.shutdown(patience.shutdown().toMillis(), TimeUnit.MILLISECONDS).toCompletionStage().toCompletableFuture().join();
        readiness.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
        if (registry != null) {
            registry.close();
        }
        engine.close();
        metrics.close();
        tracing.close();
    }
}
