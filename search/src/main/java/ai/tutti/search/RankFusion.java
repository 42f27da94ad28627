package ai.tutti.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Reciprocal rank fusion: one ranking from several whose scores cannot be compared. A passage's score is the sum over the
 * rankings of {@code 1 / (60 + rank)}, its rank in each counted from 1; where it was not found it gets nothing.
 *
 * @see <a href="https://doi.org/10.1145/1571941.1572114">Cormack, Clarke, Buettcher: Reciprocal Rank Fusion outperforms Condorcet
 *     and individual rank learning methods, 2009</a>
 */
public final class RankFusion {
    /** How little the first places count more than the next: the paper's constant. */
    private static final int K = 60;

    private RankFusion() {}

    /** The best of the rankings together; equal scores in the order of ids. */
    public static List<Hit> fuse(List<List<Hit>> rankings, int top) {
        var scores = new LinkedHashMap<String, Double>();
        var passages = new LinkedHashMap<String, Passage>();
        for (var ranking : rankings) {
            for (int rank = 1; rank <= ranking.size(); rank++) {
                var passage = ranking.get(rank - 1).passage();
                passages.putIfAbsent(passage.id(), passage);
                scores.merge(passage.id(), 1.0 / (K + rank), Double::sum);
            }
        }
        var hits = new ArrayList<Hit>(passages.size());
        passages.forEach((id, passage) -> hits.add(new Hit(passage, scores.getOrDefault(id, 0.0).floatValue())));
        return best(hits, top);
    }

    /** The highest scores first; equal ones in the order of ids. */
    static List<Hit> best(List<Hit> hits, int top) {
        return hits.stream()
                .sorted(Comparator.comparingDouble(Hit::score)
                        .reversed()
                        .thenComparing(hit -> hit.passage().id()))
                .limit(top)
                .toList();
    }
}
