package ai.tutti.hub;

import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** Knows when something last came of an answer: the JDK's client has a timeout for its begin, none for its body. */
final class Watch {
    private volatile long last = System.nanoTime();

    /** How long nothing has come. */
    Duration silence() {
        return Duration.ofNanos(System.nanoTime() - last);
    }

    /** The same handler, watched. */
    <T> BodyHandler<T> over(BodyHandler<T> handler) {
        return response -> {
            last = System.nanoTime();
            return new Watched<>(handler.apply(response));
        };
    }

    private final class Watched<T> implements BodySubscriber<T> {
        private final BodySubscriber<T> watched;

        Watched(BodySubscriber<T> watched) {
            this.watched = watched;
        }

        @Override
        public CompletionStage<T> getBody() {
            return watched.getBody();
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            watched.onSubscribe(subscription);
        }

        @Override
        public void onNext(List<ByteBuffer> item) {
            last = System.nanoTime();
            watched.onNext(item);
        }

        @Override
        public void onError(Throwable failure) {
            watched.onError(failure);
        }

        @Override
        public void onComplete() {
            watched.onComplete();
        }
    }
}
