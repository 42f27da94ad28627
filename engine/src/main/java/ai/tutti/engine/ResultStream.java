package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.schedule.Reservation;
import ai.tutti.engine.schedule.Ticket;
import ai.tutti.engine.schedule.Timings;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The results of texts, in their order. Keeps a window of them in the scheduler's queue, wide enough that no worker waits
 * for the reader, and no wider.
 */
final class ResultStream implements AutoCloseable {
    /**
     * A text's result, known or under way.
     *
     * @param known the cache's own array; null: it is under way
     */
    private record Pending(Tokens text, float @Nullable [] known, @Nullable Ticket ticket) {}

    private final KnownTexts texts;
    private final Reservation reservation;
    private final long window;
    private final @Nullable SharedPrefix prefix;
    private final Deque<Pending> underWay = new ArrayDeque<>();
    /** The pass of the prefix, as long as nobody has waited for it. */
    private @Nullable Ticket ahead;

    private long tokensUnderWay;
    private int submitted;
    private boolean closed;

    /**
     * Starts the first texts.
     *
     * @param reservation for the texts whose results are not known, and the prefix
     * @param window how many tokens may be under way
     * @param prefix what is computed before the texts, which wait for it; closed with the stream; null: nothing
     */
    ResultStream(KnownTexts texts, Reservation reservation, long window, @Nullable SharedPrefix prefix) {
        this.texts = texts;
        this.prefix = prefix;
        this.reservation = reservation;
        this.window = window;
        try {
            reservation.cached(texts.known(), 0);
            if (prefix == null) {
                submit();
            } else {
                ahead = reservation.submitAlone(prefix, prefix.text());
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** The next text's result, for the caller to keep; null after the last one. */
    float @Nullable [] next() throws InterruptedException {
        if (closed) {
            throw new IllegalStateException("the stream is closed");
        }
        if (ahead != null) {
            ahead.await();
            ahead = null;
            submit();
        }
        var first = underWay.peek();
        if (first == null) {
            return null;
        }
        var result = result(first);
        underWay.remove();
        tokensUnderWay -= first.text().count();
        submit();
        return result;
    }

    private float[] result(Pending pending) throws InterruptedException {
        if (pending.ticket() == null) {
            return requireNonNull(pending.known()).clone();
        }
        var result = pending.ticket().await();
        if (prefix != null) {
            texts.keep(pending.text(), result);
        }
        return result;
    }

    /** Where the request's time went until now. */
    Timings timings() {
        return reservation.timings();
    }

    @Override
    public void close() {
        closed = true;
        underWay.clear();
        reservation.close();
        if (prefix != null) {
            prefix.close();
        }
    }

    private void submit() {
        while (submitted < texts.size() && (underWay.isEmpty() || tokensUnderWay < window)) {
            var pending = pending(submitted++);
            underWay.add(pending);
            tokensUnderWay += pending.text().count();
        }
    }

    private Pending pending(int index) {
        var text = texts.text(index);
        var computed = prefix == null ? text : prefix.behind(text);
        var known = texts.result(index);
        if (known == null) {
            known = texts.find(text); // it may have been computed since for another text of this request, or for another request
            if (known != null) {
                reservation.cached(1, computed.count());
            }
        }
        return known == null ? new Pending(text, null, reservation.submit(computed)) : new Pending(text, known, null);
    }
}
