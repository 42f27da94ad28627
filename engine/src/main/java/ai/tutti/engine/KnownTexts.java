package ai.tutti.engine;

import ai.tutti.engine.nn.Tokens;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** A request's texts as they are computed, and the results of those that were in the cache when it came. */
final class KnownTexts {
    private final List<Tokens> texts;
    private final int padded;
    private final ResultCache.OfModel cache;
    /** The cache's own arrays; null where a text's is not known: {@code [texts]}; null without a cache. */
    private final float @Nullable [] @Nullable [] results;

    private int known;

    /** @param padded the length that texts are filled up to, each when its turn comes; 0: their own */
    KnownTexts(List<Tokens> texts, int padded, ResultCache.OfModel cache) {
        this.texts = texts;
        this.padded = padded;
        this.cache = cache;
        results = cache.enabled() ? new float[texts.size()][] : null;
        for (int i = 0; results != null && i < results.length; i++) {
            results[i] = cache.find(text(i));
            known += results[i] == null ? 0 : 1;
        }
    }

    int size() {
        return texts.size();
    }

    Tokens text(int index) {
        return texts.get(index).padded(padded);
    }

    /** How many results are known. */
    int known() {
        return known;
    }

    /** The result of a text, the cache's own array; null when it was not known. */
    float @Nullable [] result(int index) {
        return results == null ? null : results[index];
    }

    /** Sums something up over the texts, as yet not filled up, whose results are not known. */
    long sumOfUnknown(ToLongFunction<Tokens> of) {
        long sum = 0;
        for (int i = 0; i < size(); i++) {
            sum += result(i) == null ? of.applyAsLong(texts.get(i)) : 0;
        }
        return sum;
    }

    /** Looks again for a text that is to be computed now. */
    float @Nullable [] find(Tokens text) {
        var result = cache.find(text);
        if (result == null) {
            cache.missed();
        }
        return result;
    }

    /** Keeps the result of a text that was computed behind a prefix; others' are kept as they are computed. */
    void keep(Tokens text, float[] result) {
        cache.keep(text, result);
    }
}
