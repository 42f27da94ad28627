package ai.tutti.server;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The order of a rerank reply. */
final class Ranking {
    private Ranking() {}

    /** The indices of the {@code topN} highest scores (null: of all), the highest first, equal ones by index. */
    static List<Integer> best(float[] scores, @Nullable Integer topN) {
        return IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(index -> -scores[index])
                        .thenComparing(Comparator.naturalOrder()))
                .limit(topN == null ? scores.length : topN)
                .toList();
    }
}
