package ai.tutti.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Callers who post one body after another, each over a connection of its own that stays open. Only what was answered with 200
 * counts; after another answer, or none, the caller goes on with a new connection.
 *
 * @param time for how long callers begin requests; the first of all is always sent
 * @param limit how many requests there are at most
 * @param patience when what is still unanswered is given up, and not counted as failed
 */
record Load(int port, String path, List<byte[]> bodies, Duration time, long limit, Duration patience) {
    private static final int MOST_FAILURES = 20;

    /**
     * What the callers saw.
     *
     * @param seconds until the last answer
     * @param answered how often each body was answered, in their order
     * @param failed how many requests were not
     * @param why what the first of those met, empty if there is none
     */
    record Found(Latencies latencies, double seconds, long[] answered, long failed, String why) {}

    Found run(int clients) {
        var next = new AtomicLong();
        var failed = new AtomicLong();
        var why = new AtomicReference<>("");
        var answered = new AtomicLongArray(bodies.size());
        var latencies = new Latencies();
        var open = ConcurrentHashMap.<PlainHttp>newKeySet();
        var givenUp = new AtomicBoolean();
        long begin = System.nanoTime();
        var end = Thread.ofVirtual().start(() -> giveUp(open, givenUp));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < clients; i++) {
                threads.execute(() -> {
                    while (failed.get() < MOST_FAILURES && !givenUp.get()) {
                        try (var connection = new PlainHttp(port, path)) {
                            open.add(connection);
                            while (true) {
                                long request = next.getAndIncrement();
                                boolean late = System.nanoTime() - begin >= time.toNanos();
                                if (request >= limit || (late && request > 0)) {
                                    return;
                                }
                                int body = (int) (request % bodies.size());
                                long sent = System.nanoTime();
                                connection.post(bodies.get(body));
                                latencies.add(System.nanoTime() - sent);
                                answered.incrementAndGet(body);
                            }
                        } catch (IOException e) {
                            if (givenUp.get()) {
                                return;
                            }
                            failed.incrementAndGet();
                            why.compareAndSet("", String.valueOf(e.getMessage()));
                        }
                    }
                });
            }
        }
        end.interrupt();
        double seconds = (System.nanoTime() - begin) / 1e9;
        var counts = new long[bodies.size()];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = answered.get(i);
        }
        return new Found(latencies, seconds, counts, failed.get(), why.get());
    }

    private void giveUp(Set<PlainHttp> open, AtomicBoolean givenUp) {
        try {
            Thread.sleep(patience);
        } catch (InterruptedException e) {
            return;
        }
        givenUp.set(true);
        for (var connection : open) {
            try {
                connection.close();
            } catch (IOException e) {
                // it is closed
            }
        }
    }
}
