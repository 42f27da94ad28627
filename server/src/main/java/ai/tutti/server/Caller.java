package ai.tutti.server;

import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who sends a request: callers take turns in the queue. With {@code --api-key} it is the key, known by its place and never by
 * itself; else the address that the request comes from.
 */
final class Caller {
    private static final String KEY = "tutti.caller";

    /** An address of version 6 with its zone. */
    private static final int LONGEST = 64;

    private Caller() {}

    /** Remembers who sends a request. */
    static void remember(RoutingContext context, @Nullable Integer key, boolean trustForwarded) {
        context.put(KEY, key == null ? address(context, trustForwarded) : "key " + key);
    }

    /** Who sends a request. */
    static String of(RoutingContext context) {
        String caller = context.get(KEY);
        return caller == null ? "" : caller;
    }

    private static String address(RoutingContext context, boolean trustForwarded) {
        List<String> forwarded = trustForwarded ? context.request().headers().getAll("x-forwarded-for") : List.of();
        if (!forwarded.isEmpty()) {
            String last = forwarded.getLast();
            String address = last.substring(last.lastIndexOf(',') + 1).strip();
            if (!address.isEmpty() && address.length() <= LONGEST) {
                return address;
            }
        }
        SocketAddress remote = context.request().remoteAddress();
        return remote == null || remote.hostAddress() == null ? "" : remote.hostAddress();
    }
}
