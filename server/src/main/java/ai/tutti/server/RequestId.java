package ai.tutti.server;

import io.vertx.ext.web.RoutingContext;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The id that ties a reply to the log: the caller's own {@code x-request-id} if it is a plain one, else a random one. */
final class RequestId {
    private static final String KEY = "tutti.request-id";
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    private RequestId() {}

    static void assign(RoutingContext context) {
        String id = choose(context.request().getHeader("x-request-id"));
        context.put(KEY, id);
        context.response().putHeader("x-request-id", id);
    }

    static String of(RoutingContext context) {
        String id = context.get(KEY);
        return id == null ? create() : id;
    }

    static String create() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    private static String choose(@Nullable String given) {
        return given != null && PLAIN.matcher(given).matches() ? given : create();
    }
}
