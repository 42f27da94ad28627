package ai.tutti.server;

import ai.tutti.api.ErrorReply;
import ai.tutti.api.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Answers with an error, in Together's envelope. */
final class ErrorReplies {
    private static final System.Logger LOG = System.getLogger(ErrorReplies.class.getName());

    /** How long a client that was refused may go on sending before the connection is closed. */
    private static final Duration LINGER = Duration.ofSeconds(20);

    private static final String BROKEN_BY = "tutti.broken-by";

    private ErrorReplies() {}

    /** The status of the error that broke a reply which had begun with another; null: none did. */
    static @Nullable Integer brokenBy(RoutingContext context) {
        return context.get(BROKEN_BY);
    }

    /** Says what went wrong; where the reply has already begun, breaks it, so that nobody takes it for whole. */
    static void send(RoutingContext context, Throwable fault) {
        String id = RequestId.of(context);
        ApiException error = Errors.expected(fault);
        if (error == null || fault instanceof Error) {
            String what = context.request().method() + " " + context.normalizedPath();
            LOG.log(Level.ERROR, "request " + id + " failed: " + what, fault);
        }
        if (error == null) {
            error = Errors.internal(id);
        }
        HttpServerResponse response = context.response();
        if (response.closed() || response.ended()) {
            return;
        }
        if (response.headWritten()) {
            context.put(BROKEN_BY, error.status());
            response.reset();
        } else {
            send(response, id, error);
            if (error.headers().containsKey("connection")) {
                hangUp(context);
            }
        }
    }

    /** Closes the connection once the request's body has been read to its end, which the client may never let come. */
    private static void hangUp(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.isEnded()) {
            request.connection().close();
            return;
        }
        request.endHandler(end -> request.connection().close());
        context.vertx().setTimer(LINGER.toMillis(), timer -> request.connection().close());
    }

    /** Sends an error as the whole reply. */
    static void send(HttpServerResponse response, String id, ApiException error) {
        ErrorReply.Detail detail = new ErrorReply.Detail(
                Utf16.wellFormed(error.text()), error.type(), error.param(), error.code());
        error.headers().forEach(response::putHeader);
        response.setStatusCode(error.status())
                .putHeader("x-request-id", id)
                .putHeader("content-type", Call.JSON)
                .end(Buffer.buffer(Json.write(new ErrorReply(id, detail))));
    }
}
