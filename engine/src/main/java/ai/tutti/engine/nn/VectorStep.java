package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A step behind pooling, from vectors to vectors: one module of sentence-transformers. Always in f32. */
public sealed interface VectorStep {
    /** Takes {@code [texts][in]}, gives {@code [texts][out]}; may change what it was given. */
    float[][] apply(Worker worker, float[][] vectors);

    /** To length 1. */
    record Normalize() implements VectorStep {
        @Override
        public float[][] apply(Worker worker, float[][] vectors) {
            for (var vector : vectors) {
                Vectors.normalize(vector);
            }
            return vectors;
        }
    }

    /** {@code activation(x Wᵀ + b)}. */
    record Dense(Linear linear, Elementwise activation) implements VectorStep {
        public Dense {
            requireNonNull(linear, "linear is null");
            requireNonNull(activation, "activation is null");
        }

        @Override
        public float[][] apply(Worker worker, float[][] vectors) {
            var x = matrix(worker, "step", linear.in(), vectors);
            var y = worker.matrix("step.out", DType.F32, x.rows(), linear.out());
            linear.apply(worker, vectors.length, x, Activation.NONE, y);
            var result = new float[vectors.length][linear.out()];
            copy(y, result);
            for (var vector : result) {
                activation.apply(vector);
            }
            return result;
        }
    }

    /** A layer norm over each vector. */
    record Norm(LayerNorm norm) implements VectorStep {
        public Norm {
            requireNonNull(norm, "norm is null");
        }

        @Override
        public float[][] apply(Worker worker, float[][] vectors) {
            var x = matrix(worker, "step", (int) (norm.scale().byteSize() / Float.BYTES), vectors);
            norm.apply(worker, vectors.length, x, x);
            copy(x, vectors);
            return vectors;
        }
    }

    /** The vectors as a matrix, with rows of zeros behind them as products want it. */
    private static Matrix matrix(Worker worker, String name, int columns, float[][] vectors) {
        var matrix = worker.matrix(name, DType.F32, Kernels.bucket(vectors.length), columns);
        for (int i = 0; i < vectors.length; i++) {
            MemorySegment.copy(vectors[i], 0, matrix.data(), ValueLayout.JAVA_FLOAT, i * matrix.rowBytes(), columns);
        }
        matrix.clear(vectors.length, matrix.rows());
        return matrix;
    }

    private static void copy(Matrix matrix, float[][] vectors) {
        for (int i = 0; i < vectors.length; i++) {
            MemorySegment.copy(
                    matrix.data(), ValueLayout.JAVA_FLOAT, i * matrix.rowBytes(), vectors[i], 0, vectors[i].length);
        }
    }
}
