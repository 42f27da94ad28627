package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Several texts computed together, ragged: their token ids one after another, without padding.
 *
 * @param ids all token ids, {@code [tokens]}
 * @param starts where each text begins, and the end: {@code [texts + 1]}, ascending from 0 to {@code tokens}
 */
public record Tile(int[] ids, int[] starts) {
    public Tile {
        requireNonNull(ids, "ids is null");
        if (starts.length < 2 || starts[0] != 0 || starts[starts.length - 1] != ids.length) {
            throw new IllegalArgumentException("starts must run from 0 to the number of ids");
        }
    }

    /** Lays texts side by side. */
    public static Tile of(List<int[]> texts) {
        var starts = new int[texts.size() + 1];
        for (int i = 0; i < texts.size(); i++) {
            starts[i + 1] = starts[i] + texts.get(i).length;
        }
        var ids = new int[starts[texts.size()]];
        for (int i = 0; i < texts.size(); i++) {
            System.arraycopy(texts.get(i), 0, ids, starts[i], texts.get(i).length);
        }
        return new Tile(ids, starts);
    }

    /** The number of tokens over all texts. */
    public int tokens() {
        return ids.length;
    }

    /** The number of texts. */
    public int texts() {
        return starts.length - 1;
    }

    /** The number of tokens of one text. */
    public int length(int text) {
        return starts[text + 1] - starts[text];
    }
}
