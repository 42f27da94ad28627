package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.schedule.Timings;

/** One score a document out of the results of its windows: the best. */
abstract class DocumentScores implements RerankStream {
    private final RerankBatch batch;
    private final ResultStream results;
    private int document;

    DocumentScores(RerankBatch batch, ResultStream results) {
        this.batch = batch;
        this.results = results;
    }

    /** What a result is worth; called from {@link #next()}. */
    abstract float score(float[] result);

    /** The next result of the model. */
    final float[] result() throws InterruptedException {
        return requireNonNull(results.next(), "every document has its results");
    }

    @Override
    public float next() throws InterruptedException {
        int windows = batch.textsOfDocument().get(document++);
        float best = score(result());
        for (int i = 1; i < windows; i++) {
            best = Math.max(best, score(result()));
        }
        return best;
    }

    @Override
    public final long tokens() {
        return batch.tokens();
    }

    @Override
    public final long truncatedTokens() {
        return batch.truncated();
    }

    @Override
    public final Timings timings() {
        return results.timings();
    }

    @Override
    public final void close() {
        results.close();
    }
}
