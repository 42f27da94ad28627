package ai.tutti.client;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Sends a list's parts, so many at a time, and gathers the answers in order. The first that fails ends the others. */
final class PartedCall<T> {
    private final List<Batching.Part> parts;
    private final Function<Batching.Part, CompletableFuture<T>> sender;
    private final AtomicReferenceArray<@Nullable T> answers;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger missing;
    private final Map<Integer, CompletableFuture<T>> underWay = new ConcurrentHashMap<>();
    private final CompletableFuture<List<T>> whole = new CompletableFuture<>();

    private PartedCall(List<Batching.Part> parts, Function<Batching.Part, CompletableFuture<T>> sender) {
        this.parts = parts;
        this.sender = sender;
        this.answers = new AtomicReferenceArray<>(parts.size());
        this.missing = new AtomicInteger(parts.size());
    }

    static <T> CompletableFuture<List<T>> start(
            List<Batching.Part> parts, int concurrency, Function<Batching.Part, CompletableFuture<T>> sender) {
        PartedCall<T> call = new PartedCall<>(parts, sender);
        var unused = call.whole.whenComplete((all, fault) -> {
            if (fault != null) {
                call.underWay.values().forEach(part -> part.cancel(true));
            }
        });
        IntStream.range(0, Math.min(concurrency, parts.size())).forEach(slot -> call.sendNext());
        return call.whole;
    }

    private void sendNext() {
        int index = next.getAndIncrement();
        if (index >= parts.size() || whole.isDone()) {
            return;
        }
        try {
            CompletableFuture<T> sent = sender.apply(parts.get(index));
            underWay.put(index, sent);
            if (whole.isDone()) {
                sent.cancel(true);
            }
            var unused = sent.whenComplete((answer, fault) -> {
                underWay.remove(index);
                if (fault != null) {
                    whole.completeExceptionally(Faults.unwrap(fault));
                } else {
                    answered(index, answer);
                }
            });
        } catch (RuntimeException | Error e) {
            whole.completeExceptionally(e);
        }
    }

    private void answered(int index, T answer) {
        answers.set(index, answer);
        if (missing.decrementAndGet() == 0) {
            whole.complete(all());
        } else {
            sendNext();
        }
    }

    private List<T> all() {
        return IntStream.range(0, parts.size()).<T>mapToObj(answers::get).toList();
    }
}
