package ai.tutti.server;

import ai.tutti.api.HealthReply;
import ai.tutti.api.Json;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /readyz}: one text through every model in memory, past the queue and within a deadline; models on the shelf are
 * ready to be loaded and hold nothing up. The pass has a thread of its own,
 * so that virtual threads that are busy tokenising do not delay it, and whoever asks meanwhile shares the pass under way:
 * asking often costs no more than asking once.
 */
final class Readiness implements Handler<RoutingContext>, AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(2);
    private static final Duration COME_BACK = Duration.ofSeconds(1);

    private final Models models;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(Thread.ofPlatform().name("tutti-readiness").daemon().factory());
    private final AtomicReference<CompletableFuture<@Nullable Void>> underWay =
            new AtomicReference<>(CompletableFuture.completedFuture(null));

    Readiness(Models models) {
        this.models = models;
    }

    @Override
    public void handle(RoutingContext context) {
        var _ = pass().copy().orTimeout(DEADLINE.toMillis(), TimeUnit.MILLISECONDS).whenComplete((done, fault) -> {
            if (fault == null) {
                context.response()
                        .putHeader("content-type", Call.JSON)
                        .end(Buffer.buffer(Json.write(new HealthReply("ready"))));
            } else {
                ErrorReplies.send(context, notReady(fault));
            }
        });
    }

    private CompletableFuture<@Nullable Void> pass() {
        return underWay.updateAndGet(last -> last.isDone() ? CompletableFuture.runAsync(this::probe, thread) : last);
    }

    private void probe() {
        try {
            Shelf shelf = models.require().shelf();
            for (Slot slot : shelf.slots()) {
                try (Lease lease = shelf.borrowIfLoaded(slot)) {
                    if (lease != null) {
                        lease.model().probe(DEADLINE);
                    }
                }
            }
        } catch (InterruptedException | TimeoutException e) {
            throw new CompletionException(e);
        }
    }

    private static ApiException notReady(Throwable fault) {
        ApiException known = Errors.expected(fault.getCause() == null ? fault : fault.getCause());
        if (known != null && known.status() == 503) {
            return known;
        }
        String message = "no text went through the models within %d seconds".formatted(DEADLINE.toSeconds());
        return Errors.unavailable("not_ready", message, COME_BACK);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
