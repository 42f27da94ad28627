package ai.tutti.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** Texts of given lengths; the same ones in every run. */
final class Samples {
    private static final int CLS = 101;
    private static final int SEP = 102;
    private static final String[] WORDS = {
        "music", "orchestra", "river", "house", "letter", "winter", "green", "small", "people", "write", "city", "table",
        "light", "answer", "morning", "school", "paper", "garden", "number", "history", "water", "train", "world", "market"
    };

    private Samples() {}

    /** Token ids: {@code [CLS]}, anything of BERT's English vocabulary, {@code [SEP]}. */
    static List<int[]> ids(int texts, int length) {
        return ids(texts, length, length);
    }

    /** As the other; others for another seed. */
    static List<int[]> ids(int texts, int length, int seed) {
        var random = new Random(seed);
        var all = new ArrayList<int[]>();
        for (int i = 0; i < texts; i++) {
            all.add(ids(random, length));
        }
        return all;
    }

    private static int[] ids(Random random, int length) {
        var ids = random.ints(length, 1000, 30_000).toArray();
        ids[0] = CLS;
        ids[length - 1] = SEP;
        return ids;
    }

    /**
     * Token ids of lengths as people's texts have them: log-normal, median 79, a tenth longer than 258, none over 512;
     * in random order. The lengths are the distribution's own quantiles, so that few texts stand for many.
     */
    static List<int[]> heavyTailed(int texts) {
        double sigma = Math.log(258.0 / 79) / 1.2816;
        var random = new Random(79);
        var all = new ArrayList<int[]>();
        for (int i = 0; i < texts; i++) {
            double deviation = Gaussian.quantile((i + 0.5) / texts);
            long length = Math.round(79 * Math.exp(sigma * deviation));
            all.add(ids(random, Math.clamp(length, 3, 512)));
        }
        Collections.shuffle(all, random);
        return all;
    }

    /** English words, each of them one token, for a text of so many tokens with its two special ones. */
    static String text(int tokens, int seed) {
        return new Random(seed)
                .ints(tokens - 2L, 0, WORDS.length)
                .mapToObj(word -> WORDS[word])
                .collect(Collectors.joining(" "));
    }

    static List<String> texts(int texts, int tokens) {
        var all = new ArrayList<String>();
        for (int i = 0; i < texts; i++) {
            all.add(text(tokens, i));
        }
        return all;
    }

    static long tokens(List<int[]> texts) {
        return texts.stream().mapToLong(ids -> ids.length).sum();
    }
}
