package ai.tutti.search;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.DoubleValues;
import org.apache.lucene.search.FullPrecisionFloatVectorSimilarityValuesSource;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;
import org.jspecify.annotations.Nullable;

/** Compares the query with the whole vector of each passage that it is shown, and keeps the nearest. */
final class LuceneExactCollector extends SimpleCollector {
    private final FullPrecisionFloatVectorSimilarityValuesSource similarity;
    private final int top;
    private final PriorityQueue<ScoreDoc> nearest;
    private @Nullable DoubleValues scores;
    private int base;

    private LuceneExactCollector(float[] unit, int top) {
        this.similarity = new FullPrecisionFloatVectorSimilarityValuesSource(
                unit, LuceneFields.VECTOR, LuceneFields.SIMILARITY);
        this.top = top;
        this.nearest = new PriorityQueue<>((a, b) -> Float.compare(a.score, b.score));
    }

    /** For a search that may be divided; gives the nearest ones, in no order. */
    static CollectorManager<LuceneExactCollector, List<ScoreDoc>> manager(float[] unit, int top) {
        return new CollectorManager<>() {
            @Override
            public LuceneExactCollector newCollector() {
                return new LuceneExactCollector(unit, top);
            }

            @Override
            public List<ScoreDoc> reduce(Collection<LuceneExactCollector> parts) {
                return parts.stream()
                        .flatMap(part -> part.nearest.stream())
                        .sorted((a, b) -> Float.compare(b.score, a.score))
                        .limit(top)
                        .toList();
            }
        };
    }

    @Override
    protected void doSetNextReader(LeafReaderContext leaf) throws IOException {
        boolean hasVectors = leaf.reader().getFloatVectorValues(LuceneFields.VECTOR) != null;
        scores = hasVectors ? similarity.getSimilarityScores(leaf) : null;
        base = leaf.docBase;
    }

    @Override
    public void collect(int document) throws IOException {
        if (scores == null || !scores.advanceExact(document)) {
            return;
        }
        float score = (float) scores.doubleValue();
        if (nearest.size() == top) {
            if (score <= nearest.element().score) {
                return;
            }
            nearest.remove();
        }
        nearest.add(new ScoreDoc(base + document, score));
    }

    @Override
    public ScoreMode scoreMode() {
        return ScoreMode.COMPLETE_NO_SCORES;
    }
}
