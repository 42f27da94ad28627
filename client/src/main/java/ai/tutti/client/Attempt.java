package ai.tutti.client;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One exchange and its two clocks: one for the whole, from connecting to the last byte of the reply (of a stream: to its
 * headers), and one for the silence between two bytes of the body. Whatever ends it otherwise than by a whole reply closes
 * the exchange, so that the service can stop computing.
 */
final class Attempt {
    private static final byte[] NONE = {};

    private final Settings settings;
    private final boolean streamed;
    private final CompletableFuture<Reply> reply = new CompletableFuture<>();
    private volatile @Nullable Body body;

    private Attempt(Settings settings, boolean streamed) {
        this.settings = settings;
        this.streamed = streamed;
    }

    /**
     * Sends a request.
     *
     * @param streamed whether a good reply's body is handed on while it comes in
     */
    static Attempt start(HttpClient http, HttpRequest request, Settings settings, boolean streamed) {
        Attempt attempt = new Attempt(settings, streamed);
        attempt.start(http, request);
        return attempt;
    }

    private void start(HttpClient http, HttpRequest request) {
        String where = request.uri().toString();
        String late = "no whole reply from " + where + " within " + Times.text(settings.timeout());
        Timer deadline = Timer.after(
                settings.timeout(), () -> reply.completeExceptionally(new ApiTimeoutException(late, null)));
        var exchange = http.sendAsync(request, this::body);
        var unusedEnd = exchange.whenComplete((response, fault) -> {
            if (fault == null) {
                reply.complete(response.body());
            } else {
                reply.completeExceptionally(Faults.of(where, fault));
            }
        });
        var unusedCleanUp = reply.whenComplete((whole, fault) -> {
            deadline.cancel();
            if (fault != null) {
                exchange.cancel(true);
                cancelBody();
            }
        });
    }

    private BodySubscriber<Reply> body(ResponseInfo info) {
        BodySubscriber<Reply> subscriber;
        if (streamed && info.statusCode() / 100 == 2) {
            PulledBody pulled = new PulledBody(settings.stallTimeout());
            body = pulled;
            subscriber = BodySubscribers.mapping(
                    pulled, events -> new Reply(info.statusCode(), info.headers(), NONE, events));
        } else {
            WatchedBody watched = new WatchedBody(settings.stallTimeout(), reply::completeExceptionally);
            body = watched;
            subscriber = BodySubscribers.mapping(
                    watched, bytes -> new Reply(info.statusCode(), info.headers(), bytes, null));
        }
        if (reply.isCompletedExceptionally()) {
            cancelBody();
        }
        return subscriber;
    }

    /** Completes with the whole reply or a {@link TuttiException}. */
    CompletableFuture<Reply> reply() {
        return reply;
    }

    /** Closes the exchange, a stream that has begun included. */
    void cancel() {
        reply.cancel(false);
        cancelBody();
    }

    private void cancelBody() {
        Body coming = body;
        if (coming != null) {
            coming.cancel();
        }
    }
}
