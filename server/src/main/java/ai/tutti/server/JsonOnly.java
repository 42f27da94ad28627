package ai.tutti.server;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Refuses bodies that say they are something else than plain JSON. */
final class JsonOnly implements Handler<RoutingContext> {
    @Override
    public void handle(RoutingContext context) {
        String encoding = context.request().getHeader("content-encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw Errors.unsupportedMediaType("content-encoding " + encoding + " is not supported; send the body as it is");
        }
        String type = context.request().getHeader("content-type");
        if (!isJson(type)) {
            throw Errors.unsupportedMediaType("the body must be application/json, not " + type);
        }
        context.next();
    }

    private static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return true;
        }
        String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return type.isEmpty() || type.equals(Call.JSON) || type.endsWith("+json");
    }
}
