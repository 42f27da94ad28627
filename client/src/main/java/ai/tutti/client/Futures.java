package ai.tutti.client;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** What {@link CompletableFuture} lacks. */
final class Futures {
    private Futures() {}

    /** {@link CompletableFuture#thenApply}, but that whoever ends the result ends the source, and faults come unwrapped. */
    static <S, T> CompletableFuture<T> map(CompletableFuture<S> source, Function<S, T> mapping) {
        CompletableFuture<T> result = new CompletableFuture<>();
        var unusedEnd = result.whenComplete((value, fault) -> {
            if (fault != null) {
                source.cancel(true);
            }
        });
        var unusedStep = source.whenComplete((value, fault) -> {
            try {
                if (fault == null) {
                    result.complete(mapping.apply(value));
                } else {
                    result.completeExceptionally(Faults.unwrap(fault));
                }
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }
}
