package ai.tutti.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waits for a future on behalf of a caller who wants no future. */
final class Await {
    private Await() {}

    /** The future's value, or its exception with the caller's own stack trace. An interrupt ends the request. */
    static <T> T result(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw new ApiInterruptedException(e);
        } catch (ExecutionException e) {
            Throwable fault = e.getCause();
            if (fault instanceof TuttiException ours) {
                ours.fillInStackTrace();
                throw ours;
            }
            if (fault instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            if (fault instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(fault);
        }
    }
}
