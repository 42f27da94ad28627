package ai.tutti.server;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpServerRequest;

/** Answers what is not HTTP before any route sees it. */
final class MalformedRequests {
    private MalformedRequests() {}

    static void refuse(HttpServerRequest request) {
        Throwable fault = request.decoderResult().cause();
        ApiException error =
                switch (fault) {
                    case TooLongHttpLineException line -> Errors.malformedHttp(414, "the path is too long");
                    case TooLongHttpHeaderException header -> Errors.malformedHttp(431, "the headers are too long");
                    case IllegalArgumentException header when String.valueOf(header.getMessage()).contains("Content-Length") ->
                        Errors.malformedHttp(400, "the header content-length must be one whole number of bytes");
                    case null, default -> Errors.malformedHttp(400, "this is not HTTP");
                };
        ErrorReplies.send(request.response(), RequestId.create(), error);
        request.connection().close();
    }
}
