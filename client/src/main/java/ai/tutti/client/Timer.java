package ai.tutti.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Does something later, on the JDK's own clock thread and common pool; costs no thread of its own. */
final class Timer {
    private final CompletableFuture<Boolean> alarm;

    private Timer(CompletableFuture<Boolean> alarm) {
        this.alarm = alarm;
    }

    static Timer after(Duration delay, Runnable action) {
        long nanos = Math.max(0, Times.nanos(delay));
        var alarm = new CompletableFuture<Boolean>().completeOnTimeout(true, nanos, TimeUnit.NANOSECONDS);
        var unused = alarm.thenRunAsync(action);
        return new Timer(alarm);
    }

    /** The action is not done, unless it has begun. */
    void cancel() {
        alarm.cancel(false);
    }
}
