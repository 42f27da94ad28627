package ai.tutti.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Does something later. Until then it costs no thread, the JDK's own clock keeps it; then it has one of its own, since the
 * common pool may be full of callers who wait for just this.
 */
final class Timer {
    private final CompletableFuture<Boolean> alarm;

    private Timer(CompletableFuture<Boolean> alarm) {
        this.alarm = alarm;
    }

    static Timer after(Duration delay, Runnable action) {
        long nanos = Math.max(0, Times.nanos(delay));
        var alarm = new CompletableFuture<Boolean>().completeOnTimeout(true, nanos, TimeUnit.NANOSECONDS);
        var unused = alarm.thenRunAsync(action, Timer::begin);
        return new Timer(alarm);
    }

    private static void begin(Runnable action) {
        Thread thread = new Thread(action, "tutti-client-timer");
        thread.setDaemon(true);
        thread.start();
    }

    /** The action is not done, unless it has begun. */
    void cancel() {
        alarm.cancel(false);
    }
}
