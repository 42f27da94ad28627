package ai.tutti.server;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what happens soon. */
final class Waiting {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private Waiting() {}

    static void until(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("it did not happen within " + PATIENCE.toSeconds() + " s");
            }
            Thread.sleep(20);
        }
    }
}
