package ai.tutti.cli;

import java.util.Collection;
import java.util.List;

/** Which names a misspelt one may stand for. */
final class Spelling {
    /** At most so many mistakes, */
    private static final int MOST = 2;
    /** and one in so many letters. */
    private static final int LETTERS = 3;

    private Spelling() {}

    /** The names with the fewest mistakes to a word; none where all of them have too many. */
    static List<String> near(String word, Collection<String> names) {
        int fewest = names.stream().mapToInt(name -> mistakes(word, name)).min().orElse(Integer.MAX_VALUE);
        return fewest > Math.min(MOST, word.length() / LETTERS)
                ? List.of()
                : names.stream().filter(name -> mistakes(word, name) == fewest).toList();
    }

    /** Letters missing, added, changed, or swapped with the next: the optimal string alignment distance. */
    private static int mistakes(String one, String other) {
        int[][] least = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= other.length(); j++) {
                if (i == 0 || j == 0) {
                    least[i][j] = i + j;
                    continue;
                }
                int changed = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
                least[i][j] = Math.min(least[i - 1][j - 1] + changed, 1 + Math.min(least[i - 1][j], least[i][j - 1]));
                if (i > 1 && j > 1 && one.charAt(i - 1) == other.charAt(j - 2) && one.charAt(i - 2) == other.charAt(j - 1)) {
                    least[i][j] = Math.min(least[i][j], 1 + least[i - 2][j - 2]);
                }
            }
        }
        return least[one.length()][other.length()];
    }
}
