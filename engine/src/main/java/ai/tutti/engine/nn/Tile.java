package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.Matrix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several texts computed together, ragged: their token ids one after another, without padding.
 *
 * @param ids all token ids, {@code [tokens]}
 * @param starts where each text begins, and the end: {@code [texts + 1]}, ascending from 0 to {@code tokens}
 * @param seconds the place inside each text where a pair's second part begins, whose tokens are of type 1; the text's
 *     length where it is no pair: {@code [texts]}
 * @param prompts how many tokens at each text's beginning {@link Pooling} leaves out, where it leaves out the prompt's:
 *     {@code [texts]}
 * @param prefixes what each text begins with, computed already and not among its ids; null: nothing; {@code [texts]}
 */
public record Tile(int[] ids, int[] starts, int[] seconds, int[] prompts, @Nullable KeyValues[] prefixes) {
    public Tile {
        requireNonNull(ids, "ids is null");
        if (starts.length < 2 || starts[0] != 0 || starts[starts.length - 1] != ids.length) {
            throw new IllegalArgumentException("starts must run from 0 to the number of ids");
        }
        int texts = starts.length - 1;
        if (seconds.length != texts || prompts.length != texts || prefixes.length != texts) {
            throw new IllegalArgumentException("%d seconds, %d prompts and %d prefixes for %d texts"
                    .formatted(seconds.length, prompts.length, prefixes.length, texts));
        }
    }

    /** Lays texts side by side. */
    public static Tile of(List<Tokens> texts) {
        var starts = new int[texts.size() + 1];
        var seconds = new int[texts.size()];
        var prompts = new int[texts.size()];
        var prefixes = new @Nullable KeyValues[texts.size()];
        for (int i = 0; i < texts.size(); i++) {
            starts[i + 1] = starts[i] + texts.get(i).count();
            seconds[i] = texts.get(i).second();
            prompts[i] = texts.get(i).prompt();
            prefixes[i] = texts.get(i).prefix();
        }
        var ids = new int[starts[texts.size()]];
        for (int i = 0; i < texts.size(); i++) {
            System.arraycopy(texts.get(i).ids(), 0, ids, starts[i], texts.get(i).count());
        }
        return new Tile(ids, starts, seconds, prompts, prefixes);
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

    /** The place of a text's first token of its own, behind its prefix. */
    public int position(int text) {
        var prefix = prefixes[text];
        return prefix == null ? 0 : prefix.tokens();
    }

    /** The row of a text's last token. */
    public int last(int text) {
        return starts[text + 1] - 1;
    }

    /** Moves every text's last row to the front. */
    public void gatherLast(Matrix matrix) {
        for (int text = 0; text < texts(); text++) {
            matrix.copyRow(matrix, last(text), text);
        }
    }

    /** Moves every text's first row to the front; sources never lie before their targets. */
    public void gatherFirst(Matrix... matrices) {
        for (int text = 1; text < texts(); text++) {
            for (var matrix : matrices) {
                matrix.copyRow(matrix, starts[text], text);
            }
        }
    }
}
