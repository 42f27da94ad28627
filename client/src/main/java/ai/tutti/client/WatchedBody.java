package ai.tutti.client;

import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Gathers a body, and raises an alarm when no byte has come for a while: the JDK's own timeout ends with the headers. */
final class WatchedBody implements BodySubscriber<byte[]>, Body {
    private final BodySubscriber<byte[]> bytes = BodySubscribers.ofByteArray();
    private final Duration patience;
    private final Consumer<TuttiException> alarm;
    private volatile Flow.@Nullable Subscription subscription;
    private volatile long lastByte = System.nanoTime();
    private volatile boolean ended;
    private @Nullable Timer watch;

    /**
     * Nothing yet.
     *
     * @param patience how long no byte may come
     * @param alarm is told when that is over
     */
    WatchedBody(Duration patience, Consumer<TuttiException> alarm) {
        this.patience = patience;
        this.alarm = alarm;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
        return bytes.getBody();
    }

    @Override
    public void onSubscribe(Flow.Subscription flow) {
        subscription = flow;
        if (ended) {
            flow.cancel();
            return;
        }
        watch(patience);
        bytes.onSubscribe(flow);
    }

    private synchronized void watch(Duration delay) {
        if (!ended) {
            watch = Timer.after(delay, this::look);
        }
    }

    private void look() {
        Duration silence = Duration.ofNanos(System.nanoTime() - lastByte);
        if (silence.compareTo(patience) < 0) {
            watch(patience.minus(silence));
        } else if (!ended) {
            alarm.accept(new ApiTimeoutException("the reply stalled: no byte came for " + Times.text(patience), null));
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        lastByte = System.nanoTime();
        bytes.onNext(buffers);
    }

    @Override
    public void onError(Throwable fault) {
        end();
        bytes.onError(fault);
    }

    @Override
    public void onComplete() {
        end();
        bytes.onComplete();
    }

    private synchronized void end() {
        ended = true;
        if (watch != null) {
            watch.cancel();
        }
    }

    @Override
    public void cancel() {
        end();
        Flow.Subscription flow = subscription;
        if (flow != null) {
            flow.cancel();
        }
    }
}
