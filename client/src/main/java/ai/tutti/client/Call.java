package ai.tutti.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A request until it is answered: attempt after attempt, with pauses. Whoever ends the result ends what is under way. */
final class Call<T> {
    private final Supplier<Attempt> attempts;
    private final Function<Reply, T> reader;
    private final Retries retries;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private volatile @Nullable Attempt attempt;
    private volatile @Nullable Timer pause;
    private int tries;

    private Call(Supplier<Attempt> attempts, Function<Reply, T> reader, Retries retries) {
        this.attempts = attempts;
        this.reader = reader;
        this.retries = retries;
    }

    static <T> CompletableFuture<T> start(Supplier<Attempt> attempts, Function<Reply, T> reader, Retries retries) {
        Call<T> call = new Call<>(attempts, reader, retries);
        var unused = call.result.whenComplete((value, fault) -> call.stop(fault));
        call.attempt();
        return call.result;
    }

    private void attempt() {
        if (result.isDone()) {
            return;
        }
        try {
            tries++;
            Attempt next = attempts.get();
            attempt = next;
            if (result.isDone()) {
                next.cancel();
            }
            var unused = next.reply().whenComplete(this::ended);
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        }
    }

    private void ended(@Nullable Reply reply, @Nullable Throwable thrown) {
        try {
            TuttiException fault = fault(reply, thrown);
            if (fault == null && reply != null) {
                result.complete(reader.apply(reply));
            } else if (fault != null && !result.isDone()) {
                failed(fault);
            }
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        }
    }

    private static @Nullable TuttiException fault(@Nullable Reply reply, @Nullable Throwable thrown) {
        if (reply != null) {
            return reply.error();
        }
        return thrown instanceof TuttiException fault ? fault : null;
    }

    private void failed(TuttiException fault) {
        Duration delay = retries.pause(tries, fault);
        if (delay == null) {
            result.completeExceptionally(fault);
            return;
        }
        Timer timer = Timer.after(delay, this::attempt);
        pause = timer;
        if (result.isDone()) {
            timer.cancel();
        }
    }

    private void stop(@Nullable Throwable fault) {
        Attempt running = attempt;
        if (fault != null && running != null) {
            running.cancel();
        }
        Timer waiting = pause;
        if (waiting != null) {
            waiting.cancel();
        }
    }
}
