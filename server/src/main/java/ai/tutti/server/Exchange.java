package ai.tutti.server;

import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * A request that has been answered, or was given up.
 *
 * @param request its line and headers
 * @param route the path that it was found under; null: none
 * @param status the reply's; 499 when the client hung up before the end
 * @param headSent whether the client has seen a status
 * @param id its id
 * @param timeline its stages
 * @param ended when it ended, by {@link System#nanoTime}
 */
record Exchange(
        HttpServerRequest request,
        @Nullable String route,
        int status,
        boolean headSent,
        String id,
        Timeline timeline,
        long ended) {
    static final int CLIENT_GONE = 499;
}
