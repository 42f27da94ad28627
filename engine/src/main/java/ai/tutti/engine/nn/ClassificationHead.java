package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The head that all encoders have for classifying sequences, and cross-encoders for scoring pairs:
 * {@code logits = norm(act(dense(pooled))) Wᵀ + b}. It sees one row a text, so its products are f32 in every precision.
 *
 * @param pooling from hidden states to one row a text
 * @param dense {@code [hidden] -> [hidden]}, f32
 * @param activation of the dense layer
 * @param norm behind the activation, or null
 * @param classifier {@code [hidden] -> [outputs]}, f32
 */
public record ClassificationHead(
        Pooling pooling, Linear dense, Activation activation, @Nullable LayerNorm norm, Linear classifier)
        implements Head {
    public ClassificationHead {
        requireNonNull(pooling, "pooling is null");
        requireNonNull(dense, "dense is null");
        requireNonNull(activation, "activation is null");
        requireNonNull(classifier, "classifier is null");
    }

    @Override
    public Rows rows() {
        return pooling.rows();
    }

    @Override
    public int outputs() {
        return classifier.out();
    }

    @Override
    public float[][] apply(Worker worker, Matrix states, Tile tile) {
        int texts = tile.texts();
        int room = Kernels.bucket(texts);
        var pooled = worker.matrix("head.pooled", DType.F32, room, states.columns()); // [texts, hidden]
        var features = worker.matrix("head.features", DType.F32, room, states.columns()); // [texts, hidden]
        var logits = worker.matrix("head.logits", DType.F32, room, outputs()); // [texts, outputs]

        fill(pooling.apply(states, tile), pooled);
        dense.apply(worker, texts, pooled, activation, features);
        if (norm != null) {
            norm.apply(worker, texts, features, features);
        }
        classifier.apply(worker, texts, features, Activation.NONE, logits);
        return read(logits, texts);
    }

    private static void fill(float[][] rows, Matrix target) {
        for (int i = 0; i < rows.length; i++) {
            MemorySegment.copy(
                    rows[i], 0, target.data(), ValueLayout.JAVA_FLOAT, i * target.rowBytes(), target.columns());
        }
        target.clear(rows.length, target.rows()); // computed as well, and must be finite
    }

    private static float[][] read(Matrix source, int rows) {
        var values = new float[rows][source.columns()];
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(
                    source.data(), ValueLayout.JAVA_FLOAT, i * source.rowBytes(), values[i], 0, source.columns());
        }
        return values;
    }
}
