package ai.tutti.engine;

import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.schedule.Reservation;
import ai.tutti.engine.schedule.Scheduler;
import ai.tutti.engine.schedule.Sequence;
import ai.tutti.engine.schedule.TileRunner;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Keeps a window of texts in the scheduler's queue, wide enough that no worker waits for the reader, and no wider. */
final class PipelinedEmbeddings implements EmbeddingStream {
    private final TokenizedTexts texts;
    private final TileRunner runner;
    private final Reservation reservation;
    private final long window;
    private final boolean normalize;
    private final Deque<Sequence> underWay = new ArrayDeque<>();
    private long tokensUnderWay;
    private int submitted;
    private boolean closed;

    /**
     * @param window how many tokens may be under way
     * @param normalize whether vectors that are cut are scaled to length 1 again
     */
    PipelinedEmbeddings(
            TokenizedTexts texts, TileRunner runner, Reservation reservation, long window, boolean normalize) {
        this.texts = texts;
        this.runner = runner;
        this.reservation = reservation;
        this.window = window;
        this.normalize = normalize;
        try {
            submit();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    public float @Nullable [] next() throws InterruptedException {
        if (closed) {
            throw new IllegalStateException("the stream is closed");
        }
        var sequence = underWay.peek();
        if (sequence == null) {
            return null;
        }
        var vector = Scheduler.await(sequence);
        underWay.remove();
        tokensUnderWay -= sequence.tokens();
        submit();
        var dimensions = texts.dimensions();
        if (dimensions == null || dimensions == vector.length) {
            return vector;
        }
        var cut = Vectors.cut(vector, dimensions);
        if (normalize) {
            Vectors.normalize(cut);
        }
        return cut;
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
            var text = texts.texts().get(submitted++);
            underWay.add(reservation.submit(runner, text));
            tokensUnderWay += text.count();
        }
    }
}
