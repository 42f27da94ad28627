package ai.tutti.engine;

import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.schedule.TileRunner;
import ai.tutti.engine.schedule.Work;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Results of texts that were computed before, of all models together, bounded in bytes. Exact: a text is found by its model's
 * instance and its tokens, one by one ({@link Work}), and its result is the one that would be computed, bit by bit.
 *
 * <p>What is kept when it is full is Caffeine's choice (W-TinyLFU: Einziger, Friedman and Manes, ACM Transactions on Storage 2017):
 * what was asked for often before what was asked for last, so that a bulk job of a million texts does not sweep out the queries that
 * come every day.
 *
 * <p>Whoever takes an array out shares it with the cache and does not change it.
 */
final class ResultCache {
    /**
     * Bytes of an entry beside its numbers: the key with its tokens' record, the headers of two arrays, Caffeine's node and its place
     * in the table. Over 200,000 entries they were 175, and 151 with the JVM's compact object headers, which the distribution uses.
     */
    static final int OVERHEAD = 176;

    private final long limit;
    private final @Nullable Cache<Work, float[]> results;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();

    /** @param limit bytes; 0: nothing is kept */
    ResultCache(long limit) {
        this.limit = limit;
        results = limit == 0
                ? null
                : Caffeine.newBuilder()
                        .maximumWeight(limit)
                        .weigher(ResultCache::bytes)
                        .executor(Runnable::run) // what is evicted is evicted before a put returns
                        .build();
    }

    private static int bytes(Work work, float[] result) {
        return OVERHEAD + 4 * (work.text().count() + result.length);
    }

    /** The entries of one model, to be closed with it. */
    OfModel of(TileRunner model) {
        return new OfModel(model);
    }

    CacheStatistics statistics() {
        if (results == null) {
            return new CacheStatistics(0, 0, 0, 0, 0);
        }
        long bytes = results.policy().eviction().orElseThrow().weightedSize().orElseThrow();
        return new CacheStatistics(hits.sum(), misses.sum(), results.estimatedSize(), bytes, limit);
    }

    /** One model's results. */
    final class OfModel implements AutoCloseable {
        private final TileRunner model;
        private volatile boolean closed;

        private OfModel(TileRunner model) {
            this.model = model;
        }

        /** Whether anything is kept at all. */
        boolean enabled() {
            return results != null;
        }

        /** A text's result; null when it is not known. Only what is found is counted: see {@link #missed}. */
        float @Nullable [] find(Tokens text) {
            var result = results == null ? null : results.getIfPresent(new Work(model, text));
            if (result != null) {
                hits.increment();
            }
            return result;
        }

        /** A text that was looked for is to be computed. */
        void missed() {
            misses.increment();
        }

        /** Keeps a copy of a result. */
        void keep(Tokens text, float[] result) {
            if (results == null || closed) {
                return;
            }
            var own = new Tokens(text.ids().clone(), text.second(), text.prompt());
            var work = new Work(model, own);
            results.put(work, result.clone());
            if (closed) { // meanwhile: close() may not have seen it
                results.invalidate(work);
            }
        }

        /** Gives the memory of this model's results back; none is kept any more. */
        @Override
        public void close() {
            closed = true;
            if (results != null) {
                results.asMap().keySet().removeIf(work -> work.runner().equals(model));
            }
        }
    }
}
