package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/** Makes one plan: describes the memory, asks oneDNN for a primitive, remembers how to call it. */
final class PlanMaker {
    private final OneDnn oneDnn;
    private final List<Integer> arguments = new ArrayList<>();
    private final List<Long> descs = new ArrayList<>();

    PlanMaker(OneDnn oneDnn) {
        this.oneDnn = oneDnn;
    }

    Plan make(PlanSpec spec, int id) {
        long postOps = oneDnn.postOps();
        long primitiveDesc =
                switch (spec) {
                    case PlanSpec.Linear linear -> linear(linear, postOps);
                    case PlanSpec.Scores scores -> scores(scores);
                    case PlanSpec.Context context -> context(context);
                    case PlanSpec.Softmax softmax -> softmax(softmax);
                    case PlanSpec.LayerNorm norm -> layerNorm(norm);
                };
        oneDnn.destroyPostOps(postOps);
        long scratch = oneDnn.queryDesc(primitiveDesc, OneDnn.QUERY_SCRATCHPAD);
        long primitive = oneDnn.primitive(primitiveDesc);
        argument(OneDnn.ARG_SCRATCHPAD, scratch);
        // The scratchpad's description belongs to the primitive's, which therefore stays.
        return new Plan(
                id,
                primitive,
                oneDnn.implementation(primitiveDesc),
                arguments.stream().mapToInt(Integer::intValue).toArray(),
                descs.stream().mapToLong(Long::longValue).toArray(),
                oneDnn.size(scratch));
    }

    private long linear(PlanSpec.Linear spec, long postOps) {
        var weights = spec.weights();
        long src = argument(OneDnn.ARG_SRC, oneDnn.dense(spec.input(), spec.rows(), weights.in()));
        argument(OneDnn.ARG_WEIGHTS, weights.desc());
        long bias = argument(OneDnn.ARG_BIAS, oneDnn.dense(DType.F32, 1, weights.out()));
        long dst = argument(OneDnn.ARG_DST, oneDnn.dense(spec.output(), spec.rows(), weights.out()));
        if (spec.accumulate()) {
            oneDnn.appendSum(postOps);
        }
        if (spec.activation() != Activation.NONE) {
            oneDnn.appendEltwise(postOps, spec.activation().algorithm());
        }
        long attr = oneDnn.attributes(postOps);
        long desc = oneDnn.matmulDesc(src, weights.desc(), bias, dst, attr);
        oneDnn.destroyAttributes(attr);
        return desc;
    }

    private long scores(PlanSpec.Scores spec) {
        long h = spec.heads();
        long q = spec.queries();
        long k = spec.keys();
        long d = spec.headSize();
        long row = spec.rowStride();
        long query = argument(OneDnn.ARG_SRC, oneDnn.strided(spec.input(), new long[] {h, q, d}, new long[] {d, row, 1}));
        long key =
                argument(OneDnn.ARG_WEIGHTS, oneDnn.strided(spec.input(), new long[] {h, d, k}, new long[] {d, 1, row}));
        long dst = argument(OneDnn.ARG_DST, oneDnn.dense(DType.F32, h, q, k));
        // As a bias the mask stays on the fast kernel; as a post-operation it falls to a slower one.
        long mask = spec.masked() ? argument(OneDnn.ARG_BIAS, oneDnn.dense(DType.F32, 1, 1, k)) : 0;
        long attr = oneDnn.attributes(0);
        long desc = oneDnn.matmulDesc(query, key, mask, dst, attr);
        oneDnn.destroyAttributes(attr);
        return desc;
    }

    private long context(PlanSpec.Context spec) {
        long h = spec.heads();
        long q = spec.queries();
        long k = spec.keys();
        long d = spec.headSize();
        long src = argument(OneDnn.ARG_SRC, oneDnn.dense(spec.type(), h, q, k));
        long value = argument(
                OneDnn.ARG_WEIGHTS,
                oneDnn.strided(spec.type(), new long[] {h, k, d}, new long[] {d, spec.valueStride(), 1}));
        long dst = argument(
                OneDnn.ARG_DST,
                oneDnn.strided(spec.type(), new long[] {h, q, d}, new long[] {d, spec.contextStride(), 1}));
        long attr = oneDnn.attributes(0);
        long desc = oneDnn.matmulDesc(src, value, 0, dst, attr);
        oneDnn.destroyAttributes(attr);
        return desc;
    }

    private long softmax(PlanSpec.Softmax spec) {
        long src = argument(OneDnn.ARG_SRC, oneDnn.dense(DType.F32, spec.rows(), spec.columns()));
        long dst = argument(OneDnn.ARG_DST, oneDnn.dense(spec.output(), spec.rows(), spec.columns()));
        long attr = oneDnn.attributes(0);
        long desc = oneDnn.softmaxDesc(src, dst, 1, attr);
        oneDnn.destroyAttributes(attr);
        return desc;
    }

    private long layerNorm(PlanSpec.LayerNorm spec) {
        long src = argument(OneDnn.ARG_SRC, oneDnn.dense(DType.F32, spec.rows(), spec.columns()));
        long scale = oneDnn.dense(DType.F32, spec.columns());
        argument(OneDnn.ARG_SCALE, scale);
        argument(OneDnn.ARG_SHIFT, scale);
        long dst = argument(OneDnn.ARG_DST, oneDnn.dense(spec.output(), spec.rows(), spec.columns()));
        long attr = oneDnn.attributes(0);
        long desc = oneDnn.layerNormDesc(src, dst, spec.epsilon(), attr);
        oneDnn.destroyAttributes(attr);
        return desc;
    }

    private long argument(int number, long desc) {
        arguments.add(number);
        descs.add(desc);
        return desc;
    }
}
