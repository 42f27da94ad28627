package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.ext.web.RoutingContext;

/** The last part of a path: a model's name, with its slash plain or as {@code %2F}. */
final class PathRest {
    private static final String KEY = "tutti.path-prefix";

    private PathRest() {}

    /** Remembers the route's fixed part, which ends with a slash. */
    static void remember(RoutingContext context, String prefix) {
        context.put(KEY, prefix);
    }

    static String of(RoutingContext context) {
        String prefix = requireNonNull(context.get(KEY), "the route has no rest");
        String rest = context.normalizedPath().substring(prefix.length());
        try {
            return QueryStringDecoder.decodeComponent(rest.replace("+", "%2B"));
        } catch (IllegalArgumentException e) {
            throw Errors.invalid(null, "the path has a broken percent escape");
        }
    }
}
