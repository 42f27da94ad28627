package ai.tutti.client;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * How a long list is sent: in parts, several at a time.
 *
 * @param texts the most texts of a part
 * @param characters the most characters of a part; a longer text is a part of its own
 * @param concurrency how many parts are under way at once
 */
record Batching(int texts, int characters, int concurrency) {
    Batching {
        requirePositive("batchTexts", texts);
        requirePositive("batchCharacters", characters);
        requirePositive("concurrency", concurrency);
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
    }

    /**
     * A part of a list.
     *
     * @param from the first of its texts
     * @param to the first that is no longer its
     */
    record Part(int from, int to) {}

    /**
     * Cuts a list, in order.
     *
     * @param count how many texts there are
     * @param length the length of each in characters
     * @return at least one part; an empty one if there are no texts
     */
    List<Part> cut(int count, IntUnaryOperator length) {
        List<Part> parts = new ArrayList<>();
        int from = 0;
        long sum = 0;
        for (int text = 0; text < count; text++) {
            int more = length.applyAsInt(text);
            if (text > from && (text - from == texts || sum + more > characters)) {
                parts.add(new Part(from, text));
                from = text;
                sum = 0;
            }
            sum += more;
        }
        parts.add(new Part(from, count));
        return parts;
    }
}
