package ai.tutti.server;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A request to another server and its reply, read piece by piece by a thread that may wait.
 *
 * <p>No more than {@value #AHEAD} pieces are read ahead: whoever takes no more makes the other server's socket fill up, while
 * what came before a break is there to be read although nobody had asked for it yet. To close a call before its end hangs up, which is how the other
 * server learns that nobody listens.
 */
final class UpstreamCall implements AutoCloseable {
    /** Something that came: a piece, the end, or a fault. */
    private record Arrival(@Nullable Buffer piece, @Nullable Throwable fault) {}

    private static final int AHEAD = 16;

    private final HttpClientRequest request;
    private final HttpClientResponse response;
    private final Duration patience;
    private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
    private boolean ended;

    /** Runs on the event loop, before anything of the body arrives. */
    private UpstreamCall(HttpClientRequest request, HttpClientResponse response, Duration patience) {
        this.request = request;
        this.response = response;
        this.patience = patience;
        response.pause();
        response.exceptionHandler(fault -> arrivals.add(new Arrival(null, fault)));
        response.endHandler(end -> arrivals.add(new Arrival(null, null)));
        response.handler(piece -> arrivals.add(new Arrival(piece, null)));
        response.fetch(AHEAD);
    }

    /**
     * Sends a request and waits for the head of its reply.
     *
     * @param sent what to do when the request's body has left
     * @param patience how long the other side may be silent
     * @throws UpstreamException when it cannot be reached, hangs up or is silent for too long
     */
    static UpstreamCall open(HttpClient client, RequestOptions options, Buffer body, Runnable sent, Duration patience)
            throws InterruptedException, UpstreamException {
        Future<HttpClientRequest> connecting = client.request(options);
        HttpClientRequest request;
        try {
            request = await(connecting, patience);
        } catch (InterruptedException | UpstreamException e) {
            connecting.onSuccess(HttpClientRequest::reset);
            throw e;
        }
        try {
            Future<UpstreamCall> head = request.response().map(response -> new UpstreamCall(request, response, patience));
            request.end(body).onComplete(end -> sent.run());
            return await(head, patience);
        } catch (InterruptedException | UpstreamException e) {
            request.reset();
            throw e;
        }
    }

    int status() {
        return response.statusCode();
    }

    @Nullable String header(String name) {
        return response.getHeader(name);
    }

    /**
     * Waits for the next piece of the body.
     *
     * @return null at its end
     * @throws UpstreamException when the other side hangs up before that, or is silent for too long
     */
    byte @Nullable [] next() throws InterruptedException, UpstreamException {
        if (ended) {
            return null;
        }
        Arrival arrival = arrivals.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        if (arrival == null) {
            throw new UpstreamException(new TimeoutException());
        }
        if (arrival.fault() != null) {
            throw new UpstreamException(arrival.fault());
        }
        if (arrival.piece() == null) {
            ended = true;
            return null;
        }
        response.fetch(1);
        return arrival.piece().getBytes();
    }

    /**
     * The rest of the body as a whole.
     *
     * @param limit how many bytes it may have; of a longer one only the beginning is read
     */
    byte[] rest(int limit) throws InterruptedException, UpstreamException {
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        for (byte[] piece = next(); piece != null && rest.size() <= limit; piece = next()) {
            rest.writeBytes(piece);
        }
        return rest.toByteArray();
    }

    private static <T> T await(Future<T> future, Duration patience) throws InterruptedException, UpstreamException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new UpstreamException(e.getCause());
        } catch (TimeoutException e) {
            throw new UpstreamException(e);
        }
    }

    @Override
    public void close() {
        if (!ended) {
            request.reset();
        }
    }
}
