package ai.tutti.search;

import static java.util.Objects.requireNonNull;

/**
 * A passage that was found.
 *
 * @param passage what was found
 * @param score higher is better: a cosine from a search by vector, BM25 (Lucene) or a text rank (PostgreSQL) from a search by
 *     words, a sum of reciprocal ranks from both together, a relevance score from a reranker; never to be compared across these
 */
public record Hit(Passage passage, float score) {
    public Hit {
        requireNonNull(passage, "passage is null");
    }

    /** Makes sure that something is asked for. */
    static void requireTop(int top) {
        if (top < 1) {
            throw new IllegalArgumentException("top must be at least 1, not " + top);
        }
    }
}
