package ai.tutti.server;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A reply's body that leaves whole if it is small and quick, with its {@code content-length} and in one write, and in pieces
 * if it is not. It leaves in pieces as soon as {@value #WHOLE} bytes wait or the patience is over, so that no client
 * gives up waiting for the first byte; as long as nothing has left, an error can still be said with its own status.
 *
 * <p>Writing goes to memory and never waits. {@link #pump} sends what is due, and it is there that a slow reader is waited
 * for: only one piece is on its way to the socket while the next is being filled, whatever the length of the whole. A
 * reader that has stopped is given up.
 */
final class ReplyBody extends ByteArrayOutputStream {
    private static final int WHOLE = 256 << 10;
    private static final int PIECE = 64 << 10;

    private final HttpServerResponse response;
    private final Patience patience;
    private final boolean mayChunk;
    private final Runnable beforeHead;
    private Future<Void> underWay = Future.succeededFuture();
    private boolean begun;
    private long lastSent = System.nanoTime();

    /**
     * An empty body.
     *
     * @param beforeHead sets the headers that are known last
     */
    ReplyBody(HttpServerRequest request, Patience patience, Runnable beforeHead) {
        super(8 << 10);
        this.response = request.response();
        this.patience = patience;
        this.beforeHead = beforeHead;
        this.mayChunk = request.version() != HttpVersion.HTTP_1_0;
    }

    /**
     * Sends what is due; to be called now and then.
     *
     * @throws ClientGoneException when the other side has hung up or has stopped reading
     */
    void pump() throws InterruptedException {
        boolean late = size() > 0 && isLate();
        if (!mayChunk || (!late && size() < (begun ? PIECE : WHOLE))) {
            return;
        }
        flushAll();
    }

    /**
     * For a reply of which nothing can be said before its end: sends white space, which JSON allows in front, as often as a
     * client may grow impatient. To be called now and then.
     *
     * @throws ClientGoneException when the other side has hung up or has stopped reading
     */
    void keepWaiting() throws InterruptedException {
        if (mayChunk && isLate()) {
            write(' ');
        }
        pump();
    }

    /**
     * Sends what was written so far, however little it is: for a reply that somebody watches as it grows.
     *
     * @throws ClientGoneException when the other side has hung up or has stopped reading
     */
    void flushAll() throws InterruptedException {
        if (size() == 0) {
            return;
        }
        if (!begun) {
            response.setChunked(mayChunk); // HTTP 1.0 has no chunks; its replies end with the connection
            begin();
        }
        awaitSent();
        underWay = response.write(take());
        lastSent = System.nanoTime();
    }

    private boolean isLate() {
        return System.nanoTime() - lastSent >= patience.reply().toNanos();
    }

    /** Sends the rest and ends the reply. */
    void end() throws InterruptedException {
        if (!begun) {
            begin();
        }
        awaitSent();
        underWay = response.end(take());
        awaitSent();
    }

    private void begin() {
        beforeHead.run();
        begun = true;
    }

    private Buffer take() {
        Buffer piece = Buffer.buffer(toByteArray());
        reset();
        return piece;
    }

    /** Waits until what was sent has left. */
    void awaitSent() throws InterruptedException {
        try {
            underWay.toCompletionStage().toCompletableFuture().get(patience.download().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new ClientGoneException(e);
        }
    }
}
