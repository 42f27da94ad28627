package ai.tutti.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** Lets a command end in order when the process is asked to: its thread is interrupted, and has a moment to put things away. */
final class CalmEnd {
    private static final Duration MOMENT = Duration.ofSeconds(5);

    private static volatile boolean asked;

    private CalmEnd() {}

    /** Whether the process was asked to end, so that what goes wrong in a command is no news. */
    static boolean isAsked() {
        return asked;
    }

    /** Runs a command in this thread; its exit code. */
    static int of(IntSupplier command) {
        Thread thread = Thread.currentThread();
        var ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (ended.getCount() == 0) {
                return;
            }
            asked = true;
            thread.interrupt();
            try {
                if (!ended.await(MOMENT.toSeconds(), TimeUnit.SECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "tutti-end"));
        try {
            return command.getAsInt();
        } finally {
            ended.countDown();
        }
    }
}
