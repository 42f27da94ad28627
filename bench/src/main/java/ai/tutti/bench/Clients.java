package ai.tutti.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Callers at once, each of which asks again as soon as it is answered. */
final class Clients implements AutoCloseable {
    private final int count;
    private final Duration time;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /** @param time for how long each caller goes on asking */
    Clients(int count, Duration time) {
        this.count = count;
        this.time = time;
    }

    /** How many requests were answered, over all callers; returns when the last one is. */
    long run(Callable<?> request) throws Exception {
        long end = System.nanoTime() + time.toNanos();
        var done = new ArrayList<Future<Long>>();
        for (int i = 0; i < count; i++) {
            done.add(threads.submit(() -> {
                long answered = 0;
                do {
                    request.call();
                    answered++;
                } while (System.nanoTime() < end);
                return answered;
            }));
        }
        long answered = 0;
        for (var one : done) {
            answered += one.get();
        }
        return answered;
    }

    @Override
    public void close() {
        threads.close();
    }
}
