package ai.tutti.client;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A body that is read while it comes in. Only what was asked for is fetched, one delivery ahead, so a slow reader slows the
 * service down instead of filling the memory. One thread reads; any may cancel.
 */
final class PulledBody implements BodySubscriber<PulledBody>, Body {
    /** What the connection delivers. */
    private sealed interface Delivery {
        record Bytes(byte[] bytes) implements Delivery {}

        record Broken(Throwable fault) implements Delivery {}

        record End() implements Delivery {}
    }

    private final Duration patience;
    private final LinkedBlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean cancelled;
    private boolean ended;

    /**
     * Nothing yet.
     *
     * @param patience how long no byte may come while one is waited for
     */
    PulledBody(Duration patience) {
        this.patience = patience;
    }

    /** There at once: the reader need not wait for the whole. */
    @Override
    public CompletionStage<PulledBody> getBody() {
        return CompletableFuture.completedStage(this);
    }

    /**
     * Waits for the next bytes.
     *
     * @return at least one byte; null at the end, or when the rest was given up
     * @throws ApiTimeoutException when none comes in time
     * @throws ApiConnectionException when the connection breaks
     */
    byte @Nullable [] read() throws InterruptedException {
        if (cancelled || ended) {
            return null;
        }
        Delivery delivery = deliveries.poll(Times.nanos(patience), TimeUnit.NANOSECONDS);
        if (delivery == null) {
            cancel();
            throw new ApiTimeoutException("the stream stalled: no byte came for " + Times.text(patience), null);
        }
        if (delivery instanceof Delivery.Bytes piece) {
            fetch();
            return piece.bytes();
        }
        ended = true;
        if (delivery instanceof Delivery.Broken broken && !cancelled) {
            throw Faults.connection("the stream broke off", broken.fault());
        }
        return null;
    }

    private void fetch() {
        Flow.Subscription flow = subscription;
        if (flow != null) {
            flow.request(1);
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription flow) {
        subscription = flow;
        if (cancelled) {
            flow.cancel();
        } else {
            flow.request(1);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        int length = buffers.stream().mapToInt(ByteBuffer::remaining).sum();
        if (length == 0) {
            fetch();
            return;
        }
        ByteBuffer all = ByteBuffer.allocate(length);
        buffers.forEach(all::put);
        deliveries.add(new Delivery.Bytes(all.array()));
    }

    @Override
    public void onError(Throwable fault) {
        deliveries.add(new Delivery.Broken(fault));
    }

    @Override
    public void onComplete() {
        deliveries.add(new Delivery.End());
    }

    @Override
    public void cancel() {
        cancelled = true;
        deliveries.add(new Delivery.End());
        Flow.Subscription flow = subscription;
        if (flow != null) {
            flow.cancel();
        }
    }
}
