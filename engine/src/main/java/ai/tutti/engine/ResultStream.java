package ai.tutti.engine;

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
    private final List<Tokens> texts;
    private final int padded;
    private final Reservation reservation;
    private final long window;
    private final @Nullable SharedPrefix prefix;
    private final Deque<Ticket> underWay = new ArrayDeque<>();
    /** The pass of the prefix, as long as nobody has waited for it. */
    private @Nullable Ticket ahead;

    private long tokensUnderWay;
    private int submitted;
    private boolean closed;

    /**
     * Starts the first texts.
     *
     * @param padded the length that texts are filled up to, each when its turn comes; 0: their own
     * @param window how many tokens may be under way
     * @param prefix what is computed before the texts, which wait for it; closed with the stream; null: nothing
     */
    ResultStream(
            List<Tokens> texts,
            int padded,
            Reservation reservation,
            long window,
            @Nullable SharedPrefix prefix) {
        this.texts = texts;
        this.prefix = prefix;
        this.padded = padded;
        this.reservation = reservation;
        this.window = window;
        try {
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

    /** The next text's result; null after the last one. */
    float @Nullable [] next() throws InterruptedException {
        if (closed) {
            throw new IllegalStateException("the stream is closed");
        }
        if (ahead != null) {
            ahead.await();
            ahead = null;
            submit();
        }
        var ticket = underWay.peek();
        if (ticket == null) {
            return null;
        }
        var result = ticket.await();
        underWay.remove();
        tokensUnderWay -= ticket.tokens();
        submit();
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
            var text = texts.get(submitted++).padded(padded);
            if (prefix != null) {
                text = prefix.behind(text);
            }
            underWay.add(reservation.submit(text));
            tokensUnderWay += text.count();
        }
    }
}
