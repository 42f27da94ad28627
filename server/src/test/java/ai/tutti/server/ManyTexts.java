package ai.tutti.server;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Work for a while. */
final class ManyTexts {
    private ManyTexts() {}

    /** A JSON list of texts of so many words; no two are equal, for those would be computed once. */
    static String json(int count, int words) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"" + i + " tide".repeat(words) + "\"")
                .collect(Collectors.joining(",", "[", "]"));
    }
}
