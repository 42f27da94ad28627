package ai.tutti.server;

import ai.tutti.api.HealthReply;
import ai.tutti.api.Json;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The paths. Users come with base URLs that were meant for other SDKs: some end in {@code /v1} and some do not, and some
 * SDKs put {@code /v1} or {@code /v2} before their paths and some do not. Every combination leads to the same place.
 */
final class Routes {
    private static final List<String> V1 = List.of("/v1", "", "/v1/v1");
    private static final List<String> V2 = List.of("/v2", "/v1/v2");
    private static final String ROUTE = "tutti.route";
    private static final String PATH = "tutti.path";
    private static final String OPEN = "tutti.open";

    private final Router router;
    private final Authentication authentication;
    private final @Nullable Authentication admin;
    private final UploadReader uploads;
    private final Metrics metrics;
    private final Tracing tracing;
    private final TrafficSettings traffic;
    private final Patience patience;

    /**
     * No routes yet.
     *
     * @param authentication who may ask the models
     * @param admin who may load and unload them; null: nobody
     * @param tracing who hears of requests that have ended
     * @param traffic how they are let through
     * @param patience how long the two sides of a reply wait for each other
     */
    Routes(
            Vertx vertx,
            Authentication authentication,
            @Nullable Authentication admin,
            UploadReader uploads,
            Metrics metrics,
            Tracing tracing,
            TrafficSettings traffic,
            Patience patience) {
        this.router = Router.router(vertx);
        this.authentication = authentication;
        this.admin = admin;
        this.uploads = uploads;
        this.metrics = metrics;
        this.tracing = tracing;
        this.traffic = traffic;
        this.patience = patience;
        router.route().handler(this::begin).failureHandler(Routes::fail);
        router.errorHandler(404, context -> ErrorReplies.send(context, unknownPath(context)));
        router.errorHandler(400, context -> ErrorReplies.send(context, Errors.invalid(null, "the path is malformed")));
    }

    Handler<HttpServerRequest> handler() {
        return router;
    }

    /** Together's and OpenAI's paths, which read a JSON body and have a model compute. */
    Routes compute(String path, Endpoint endpoint) {
        return post(V1, path, endpoint, new TimeLimit(traffic.timeout()));
    }

    /** Paths of a second version, which read a JSON body and have a model compute. */
    Routes computeV2(String path, Endpoint endpoint) {
        return post(V2, path, endpoint, new TimeLimit(traffic.timeout()));
    }

    /** Together's and OpenAI's paths, which read a JSON body and pass it on. */
    Routes forward(String path, Endpoint endpoint) {
        return post(V1, path, endpoint, RoutingContext::next);
    }

    private Routes post(List<String> prefixes, String path, Endpoint endpoint, Handler<RoutingContext> timeLimit) {
        for (String prefix : prefixes) {
            route(prefix, path, HttpMethod.POST)
                    .handler(this::authenticate)
                    .handler(new JsonOnly())
                    .handler(timeLimit)
                    .handler(uploads)
                    .handler(new Dispatcher(endpoint, patience));
            refuseOthers(prefix + path, "POST");
        }
        return this;
    }

    /** Together's and OpenAI's paths, which only read. */
    Routes get(String path, Endpoint endpoint) {
        return get(V1, path, endpoint);
    }

    /** Paths of a second version, which only read. */
    Routes getV2(String path, Endpoint endpoint) {
        return get(V2, path, endpoint);
    }

    private Routes get(List<String> prefixes, String path, Endpoint endpoint) {
        for (String prefix : prefixes) {
            route(prefix, path, HttpMethod.GET)
                    .method(HttpMethod.HEAD)
                    .handler(this::authenticate)
                    .handler(new Dispatcher(endpoint, patience));
            refuseOthers(prefix + path, "GET, HEAD");
        }
        return this;
    }

    /** What the operator alone may see, with a key of its own. */
    Routes admin(String path, Endpoint get) {
        adminRoute(path, HttpMethod.GET, get).method(HttpMethod.HEAD);
        refuseOthers(path, "GET, HEAD");
        return this;
    }

    /** What the operator alone may see and do, with a key of its own. */
    Routes admin(String path, Endpoint get, Endpoint post) {
        adminRoute(path, HttpMethod.GET, get).method(HttpMethod.HEAD);
        adminRoute(path, HttpMethod.POST, post);
        refuseOthers(path, "GET, HEAD, POST");
        return this;
    }

    private Route adminRoute(String path, HttpMethod method, Endpoint endpoint) {
        return route("", path, method)
                .handler(this::authenticateAdmin)
                .handler(uploads)
                .handler(new Dispatcher(endpoint, patience));
    }

    private void authenticateAdmin(RoutingContext context) {
        if (admin == null) {
            throw Errors.adminOff();
        }
        var _ = admin.check(context.request().getHeader("authorization"));
        context.next();
    }

    /** What an operator asks; needs no key. It is asked every few seconds, so there are no spans of it. */
    Routes open(String path, Handler<RoutingContext> handler) {
        route("", path, HttpMethod.GET)
                .method(HttpMethod.HEAD)
                .handler(context -> {
                    context.put(OPEN, true);
                    context.next();
                })
                .handler(handler);
        refuseOthers(path, "GET, HEAD");
        return this;
    }

    private Route route(String prefix, String path, HttpMethod method) {
        String fixed = (prefix + path).replace("*", "");
        return router.route(method, prefix + path).handler(context -> {
            context.put(ROUTE, path);
            context.put(PATH, prefix + path);
            PathRest.remember(context, fixed);
            context.next();
        });
    }

    private void refuseOthers(String path, String allowed) {
        router.route(path).handler(context -> context.fail(
                Errors.methodNotAllowed(context.request().method().name(), allowed)));
    }

    private void authenticate(RoutingContext context) {
        Integer key = authentication.check(context.request().getHeader("authorization"));
        Caller.remember(context, key, traffic.trustForwarded());
        context.next();
    }

    private void begin(RoutingContext context) {
        Timeline timeline = Timeline.begin(context);
        RequestId.assign(context);
        metrics.requestBegan();
        context.addEndHandler(end -> {
            long ended = System.nanoTime();
            int status = status(context, end.succeeded());
            boolean headSent = context.response().headWritten();
            Exchange exchange = new Exchange(
                    context.request(), context.get(PATH), status, headSent, RequestId.of(context), timeline, ended);
            metrics.requestEnded(context.get(ROUTE), exchange);
            if (context.get(OPEN) == null) {
                tracing.ended(exchange);
            }
        });
        context.next();
    }

    /** What became of a request: a reply that was broken off counts for what broke it, not for what it began with. */
    private static int status(RoutingContext context, boolean whole) {
        Integer fault = ErrorReplies.brokenBy(context);
        if (fault != null) {
            return fault;
        }
        return whole ? context.response().getStatusCode() : Exchange.CLIENT_GONE;
    }

    private static void fail(RoutingContext context) {
        Throwable fault = context.failure();
        if (fault == null || (context.statusCode() == 400 && Errors.expected(fault) == null)) {
            fault = context.statusCode() == 404 ? unknownPath(context) : Errors.malformedHttp(400, "this is not good HTTP");
        }
        ErrorReplies.send(context, fault);
    }

    private static ApiException unknownPath(RoutingContext context) {
        return Errors.unknownPath(context.request().method().name(), context.normalizedPath());
    }

    /** Answers at once, on the event loop: the process lives. */
    static void alive(RoutingContext context) {
        context.response()
                .putHeader("content-type", Call.JSON)
                .end(Buffer.buffer(Json.write(new HealthReply("alive"))));
    }
}
