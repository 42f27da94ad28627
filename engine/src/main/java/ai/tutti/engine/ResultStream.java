package ai.tutti.engine;

import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.schedule.Reservation;
import ai.tutti.engine.schedule.Scheduler;
import ai.tutti.engine.schedule.Sequence;
import ai.tutti.engine.schedule.TileRunner;
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
    private final TileRunner runner;
    private final Reservation reservation;
    private final long window;
    private final Deque<Sequence> underWay = new ArrayDeque<>();
    private long tokensUnderWay;
    private int submitted;
    private boolean closed;

    /**
     * Starts the first texts.
     *
     * @param padded the length that texts are filled up to, each when its turn comes; 0: their own
     * @param window how many tokens may be under way
     */
    ResultStream(List<Tokens> texts, int padded, TileRunner runner, Reservation reservation, long window) {
        this.texts = texts;
        this.padded = padded;
        this.runner = runner;
        this.reservation = reservation;
        this.window = window;
        try {
            submit();
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
        var sequence = underWay.peek();
        if (sequence == null) {
            return null;
        }
        var result = Scheduler.await(sequence);
        underWay.remove();
        tokensUnderWay -= sequence.tokens();
        submit();
        return result;
    }

    @Override
    public void close() {
        closed = true;
        underWay.forEach(Sequence::cancel);
        underWay.clear();
        reservation.close();
    }

    private void submit() {
        while (submitted < texts.size() && (underWay.isEmpty() || tokensUnderWay < window)) {
            var text = texts.get(submitted++).padded(padded);
            underWay.add(reservation.submit(runner, text));
            tokensUnderWay += text.count();
        }
    }
}
