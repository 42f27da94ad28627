package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * How often a request is tried and how long between: twice as long each time, and never shorter than the hub asks for.
 *
 * @param attempts how many in a row may fail
 * @param firstPause the pause behind the first failure
 * @param patience the longest pause that the hub may ask for
 */
record Retries(int attempts, Duration firstPause, Duration patience) {
    static final Retries DEFAULT = new Retries(5, Duration.ofMillis(500), Duration.ofMinutes(2));

    /** One try; may fail. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException;
    }

    /** A failure that may pass: what the hub says when it is busy, or a connection that broke. */
    static final class Passing extends IOException {
        private final Duration wait;
        private final boolean progressed;

        /**
         * A failure.
         *
         * @param wait how long the hub asks to wait; zero where it does not say
         * @param progressed whether something came before; then the count begins anew
         */
        Passing(String message, Duration wait, boolean progressed) {
            super(requireNonNull(message, "message is null"));
            this.wait = wait;
            this.progressed = progressed;
        }

        /** A failure for which the hub names no pause. */
        Passing(String message) {
            this(message, Duration.ZERO, false);
        }

        /** The same failure, behind which something had come. */
        Passing afterProgress() {
            return new Passing(requireNonNull(getMessage()), wait, true);
        }
    }

    Retries {
        requireNonNull(firstPause, "firstPause is null");
        requireNonNull(patience, "patience is null");
    }

    /**
     * Tries until it succeeds.
     *
     * @param told of each pause of a second or more
     * @throws HubUnreachableException when every try failed in passing
     * @throws IOException when a try failed otherwise
     */
    <T> T run(Attempt<T> attempt, Consumer<String> told) throws IOException {
        int failures = 0;
        while (true) {
            try {
                return attempt.run();
            } catch (Passing failure) {
                failures = failure.progressed ? 1 : failures + 1; // not the same trouble as before
                if (failures >= attempts || failure.wait.compareTo(patience) > 0) {
                    throw new HubUnreachableException(explain(failure), failure);
                }
                pause(failure, failures, told);
            }
        }
    }

    private static String explain(Passing failure) {
        String asked = failure.wait.isZero() ? "" : "; it asks to wait %d s".formatted(failure.wait.toSeconds());
        return failure.getMessage() + asked;
    }

    private void pause(Passing failure, int failures, Consumer<String> told) throws InterruptedIOException {
        long grown = firstPause.toMillis() << Math.min(failures - 1, 4);
        long pause = Math.max(failure.wait.toMillis(), grown + ThreadLocalRandom.current().nextLong(grown / 4 + 1));
        if (pause >= 1000) {
            told.accept("%s; trying again in %d s".formatted(failure.getMessage(), Math.ceilDiv(pause, 1000)));
        }
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
