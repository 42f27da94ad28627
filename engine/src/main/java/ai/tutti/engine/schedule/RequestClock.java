package ai.tutti.engine.schedule;

import java.time.Duration;

/** How long a request's texts have waited and how long they have been computed. Guarded by the scheduler's lock. */
final class RequestClock {
    private int waiting;
    private int computing;
    private long since;
    private long queuedNanos;
    private long computingNanos;
    private long sharedTexts;
    private long cachedTexts;

    private void tick(long now) {
        if (computing > 0) {
            computingNanos += now - since;
        } else if (waiting > 0) {
            queuedNanos += now - since;
        }
        since = now;
    }

    void waits(long now) {
        tick(now);
        waiting++;
    }

    void taken(long now) {
        tick(now);
        waiting--;
        computing++;
    }

    /** A text is put back that was taken. */
    void putBack(long now) {
        tick(now);
        computing--;
        waiting++;
    }

    void left(boolean taken, long now) {
        tick(now);
        if (taken) {
            computing--;
        } else {
            waiting--;
        }
    }

    void shared() {
        sharedTexts++;
    }

    void cached(long texts) {
        cachedTexts += texts;
    }

    Timings timings(long now) {
        tick(now);
        return new Timings(Duration.ofNanos(queuedNanos), Duration.ofNanos(computingNanos), cachedTexts, sharedTexts);
    }
}
