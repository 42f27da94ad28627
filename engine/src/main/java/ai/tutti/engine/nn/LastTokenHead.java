package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The head with which a decoder classifies a text: {@code logits = h[last] Wᵀ}.
 *
 * @param score {@code [hidden] -> [outputs]}, f32
 */
public record LastTokenHead(Linear score) implements Head {
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
