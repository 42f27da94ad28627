package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;

/**
 * The head with which a decoder classifies a text: {@code logits = h[last] Wᵀ}. As in transformers, the last token is the last
 * that is not padding, even where the text itself spells the padding's token.
 *
 * @param score {@code [hidden] -> [outputs]}, f32
 * @param padding the padding's token id; -1: there is none
 */
public record LastTokenHead(Linear score, int padding) implements Head {
    public LastTokenHead {
        requireNonNull(score, "score is null");
    }

    @Override
    public Rows rows() {
        return Rows.LAST;
    }

    @Override
    public int outputs() {
        return score.out();
    }

    /** Without the padding that a text ends with: no token sees what stands behind it, so nothing else changes. */
    @Override
    public Tile seen(Tile tile) {
        var texts = new ArrayList<Tokens>();
        boolean cut = false;
        for (int text = 0; text < tile.texts(); text++) {
            int start = tile.starts()[text];
            int length = tile.length(text);
            while (length > 1 && tile.ids()[start + length - 1] == padding) {
                length--;
            }
            cut |= length < tile.length(text);
            int[] ids = Arrays.copyOfRange(tile.ids(), start, start + length);
            texts.add(new Tokens(ids, length, 0, tile.prefixes()[text]));
        }
        return cut ? Tile.of(texts) : tile;
    }

    @Override
    public float[][] apply(Worker worker, Matrix states, Tile tile) {
        int texts = tile.texts();
        int room = Kernels.bucket(texts);
        var last = worker.matrix("head.pooled", DType.F32, room, states.columns()); // [texts, hidden]
        var logits = worker.matrix("head.logits", DType.F32, room, outputs()); // [texts, outputs]
        MemorySegment.copy(states.data(), 0, last.data(), 0, texts * states.rowBytes());
        last.clear(texts, room);
        score.apply(worker, texts, last, Activation.NONE, logits);
        var values = new float[texts][outputs()];
        for (int i = 0; i < texts; i++) {
            MemorySegment.copy(logits.data(), ValueLayout.JAVA_FLOAT, i * logits.rowBytes(), values[i], 0, outputs());
        }
        return values;
    }
}
