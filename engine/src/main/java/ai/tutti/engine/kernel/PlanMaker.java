package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/** Makes one plan: describes the memory, asks oneDNN for a primitive, remembers how to call it. To be used once. */
final class PlanMaker {
    private final OneDnn oneDnn;
    private final boolean referenceCode;
    /** What the plan keeps as long as the process; destroyed only when there will be no plan. */
    private final Handles kept = new Handles();

    private final Handles temporary = new Handles();
    private final List<Integer> arguments = new ArrayList<>();
    private final List<Long> descs = new ArrayList<>();

    /** @param referenceCode whether oneDNN's reference code will do, because it has nothing better for this CPU */
    PlanMaker(OneDnn oneDnn, boolean referenceCode) {
        this.oneDnn = oneDnn;
        this.referenceCode = referenceCode;
    }

    Plan make(PlanSpec spec, int id) {
        try (temporary) {
            return plan(spec, id);
        } catch (RuntimeException | Error e) {
            kept.close();
            throw e;
        }
    }

    private Plan plan(PlanSpec spec, int id) {
        long primitiveDesc = kept.add(primitiveDesc(spec), oneDnn::destroyPrimitiveDesc);
        var implementation = oneDnn.implementation(primitiveDesc);
        if (!referenceCode && implementation.contains("ref")) {
            throw new OneDnnException("oneDNN has only its reference code (" + implementation + ")");
        }
        long primitive = kept.add(oneDnn.primitive(primitiveDesc), oneDnn::destroyPrimitive);
        long scratch = oneDnn.queryDesc(primitiveDesc, OneDnn.QUERY_SCRATCHPAD);
        borrowed(OneDnn.ARG_SCRATCHPAD, scratch); // belongs to the primitive's description
        return new Plan(
                id,
                primitive,
                implementation,
                arguments.stream().mapToInt(Integer::intValue).toArray(),
                descs.stream().mapToLong(Long::longValue).toArray(),
                oneDnn.size(scratch));
    }

    private long primitiveDesc(PlanSpec spec) {
        return switch (spec) {
            case PlanSpec.Linear linear -> linear(linear);
            case PlanSpec.Coded coded -> coded(coded);
            case PlanSpec.Part part -> part(part);
            case PlanSpec.Integers integers -> integers(integers);
            case PlanSpec.Batched batched -> batched(batched);
            case PlanSpec.Softmax softmax -> softmax(softmax);
            case PlanSpec.LayerNorm norm -> layerNorm(norm);
        };
    }

    private long linear(PlanSpec.Linear spec) {
        var weights = spec.weights();
        long src = argument(OneDnn.ARG_SRC, oneDnn.dense(spec.input(), spec.rows(), weights.in()));
        borrowed(OneDnn.ARG_WEIGHTS, weights.desc());
        long bias = argument(OneDnn.ARG_BIAS, oneDnn.dense(DType.F32, 1, weights.out()));
        long dst = argument(
                OneDnn.ARG_DST,
                oneDnn.strided(
                        spec.output(), new long[] {spec.rows(), weights.out()}, new long[] {spec.outputStride(), 1}));
        long postOps = temporary.add(oneDnn.postOps(), oneDnn::destroyPostOps);
        if (spec.then() == PlanSpec.Then.ADD) {
            oneDnn.appendSum(postOps);
        }
        if (spec.activation() != Activation.NONE) {
            oneDnn.appendEltwise(postOps, spec.activation().algorithm(), spec.activation().alpha());
        }
        if (spec.then() == PlanSpec.Then.MULTIPLY) {
            int place = spec.activation() == Activation.NONE ? 0 : 1;
            borrowed(OneDnn.argPostOp(place), dst);
            oneDnn.appendMultiply(postOps, dst);
        }
        return oneDnn.matmulDesc(src, weights.desc(), bias, dst, attributes(postOps));
    }

    private long coded(PlanSpec.Coded spec) {
        var weights = spec.weights();
        long src = argument(OneDnn.ARG_SRC, oneDnn.dense(DType.U8, spec.rows(), weights.in()));
        borrowed(OneDnn.ARG_WEIGHTS, weights.desc());
        argument(OneDnn.ARG_SCALES | OneDnn.ARG_WEIGHTS, oneDnn.dense(DType.F32, weights.out()));
        long offsets = argument(OneDnn.ARG_BIAS, oneDnn.dense(DType.F32, 1, weights.out()));
        long dst = argument(OneDnn.ARG_DST, oneDnn.dense(spec.output(), spec.rows(), weights.out()));
        long attributes = attributes(0);
        oneDnn.scales(attributes, OneDnn.ARG_WEIGHTS, 1 << 1);
        return oneDnn.matmulDesc(src, weights.desc(), offsets, dst, attributes);
    }

    private long part(PlanSpec.Part spec) {
        var weights = spec.weights();
        long rows = spec.rows();
        long src = argument(
                OneDnn.ARG_SRC,
                oneDnn.strided(spec.input(), new long[] {rows, weights.in()}, new long[] {spec.inputStride(), 1}));
        borrowed(OneDnn.ARG_WEIGHTS, weights.desc());
        long dst = argument(
                OneDnn.ARG_DST,
                oneDnn.strided(spec.output(), new long[] {rows, weights.out()}, new long[] {spec.outputStride(), 1}));
        long postOps = temporary.add(oneDnn.postOps(), oneDnn::destroyPostOps);
        if (spec.combine() == PlanSpec.Combine.ADD) {
            oneDnn.appendSum(postOps);
        }
        long bias = finish(spec.combine(), weights.out(), dst, postOps, 0);
        return oneDnn.matmulDesc(src, weights.desc(), bias, dst, attributes(postOps));
    }

    private long integers(PlanSpec.Integers spec) {
        var weights = spec.weights();
        long rows = spec.rows();
        long src = argument(
                OneDnn.ARG_SRC,
                oneDnn.strided(DType.I8, new long[] {rows, weights.in()}, new long[] {spec.inputStride(), 1}));
        argument(OneDnn.ARG_SCALES | OneDnn.ARG_SRC, oneDnn.dense(DType.F32, 1));
        borrowed(OneDnn.ARG_WEIGHTS, weights.desc());
        argument(OneDnn.ARG_SCALES | OneDnn.ARG_WEIGHTS, oneDnn.dense(DType.F32, weights.out()));
        long dst = argument(
                OneDnn.ARG_DST,
                oneDnn.strided(DType.F32, new long[] {rows, weights.out()}, new long[] {spec.outputStride(), 1}));
        long postOps = temporary.add(oneDnn.postOps(), oneDnn::destroyPostOps);
        if (spec.onTop()) {
            oneDnn.appendSum(postOps);
        }
        var finish = spec.finish();
        long bias = finish == null ? 0 : finish(finish, weights.out(), dst, postOps, spec.onTop() ? 1 : 0);
        long attributes = attributes(postOps);
        oneDnn.scales(attributes, OneDnn.ARG_SRC, 0);
        oneDnn.scales(attributes, OneDnn.ARG_WEIGHTS, 1 << 1);
        return oneDnn.matmulDesc(src, weights.desc(), bias, dst, attributes);
    }

    /**
     * What becomes of a product, behind so many post-operations.
     *
     * @return the bias's description, or 0
     */
    private long finish(PlanSpec.Combine combine, int out, long dst, long postOps, int place) {
        switch (combine) {
            case GELU -> oneDnn.appendEltwise(postOps, OneDnn.ELTWISE_GELU_ERF, 0);
            case TIMES -> {
                oneDnn.appendMultiply(postOps, dst);
                borrowed(OneDnn.argPostOp(place), dst);
            }
            case STORE, ADD -> {
                return argument(OneDnn.ARG_BIAS, oneDnn.dense(DType.F32, 1, out));
            }
        }
        return 0;
    }

    private long batched(PlanSpec.Batched spec) {
        long a = argument(OneDnn.ARG_SRC, matrices(spec.a(), spec.batch(), spec.rows(), spec.inner()));
        long b = argument(OneDnn.ARG_WEIGHTS, matrices(spec.b(), spec.batch(), spec.inner(), spec.columns()));
        long c = argument(OneDnn.ARG_DST, matrices(spec.c(), spec.batch(), spec.rows(), spec.columns()));
        // As a bias the mask stays on the fast kernel; as a post-operation it falls to a slower one.
        long mask = spec.masked() ? argument(OneDnn.ARG_BIAS, oneDnn.dense(DType.F32, 1, 1, spec.columns())) : 0;
        long postOps = temporary.add(oneDnn.postOps(), oneDnn::destroyPostOps);
        if (spec.accumulate()) {
            oneDnn.appendSum(postOps);
        }
        return oneDnn.matmulDesc(a, b, mask, c, attributes(postOps));
    }

    private long matrices(PlanSpec.Operand operand, int batch, int rows, int columns) {
        boolean shared = operand.batchStride() == 0;
        return oneDnn.strided(
                operand.type(),
                new long[] {shared ? 1 : batch, rows, columns},
                new long[] {
                    shared ? (long) rows * columns : operand.batchStride(), operand.rowStride(), operand.columnStride()
                });
    }

    private long softmax(PlanSpec.Softmax spec) {
        long src = argument(OneDnn.ARG_SRC, oneDnn.dense(DType.F32, spec.rows(), spec.columns()));
        long dst = argument(OneDnn.ARG_DST, oneDnn.dense(spec.output(), spec.rows(), spec.columns()));
        return oneDnn.softmaxDesc(src, dst, 1, attributes(0));
    }

    private long layerNorm(PlanSpec.LayerNorm spec) {
        long src = argument(OneDnn.ARG_SRC, oneDnn.dense(DType.F32, spec.rows(), spec.columns()));
        long scale = argument(OneDnn.ARG_SCALE, oneDnn.dense(DType.F32, spec.columns()));
        borrowed(OneDnn.ARG_SHIFT, scale);
        long dst = argument(OneDnn.ARG_DST, oneDnn.dense(spec.output(), spec.rows(), spec.columns()));
        return oneDnn.layerNormDesc(src, dst, spec.epsilon(), attributes(0));
    }

    private long attributes(long postOps) {
        return temporary.add(oneDnn.attributes(postOps), oneDnn::destroyAttributes);
    }

    /** The next argument, with a description of its own. */
    private long argument(int number, long desc) {
        borrowed(number, kept.add(desc, oneDnn::destroyDesc));
        return desc;
    }

    /** The next argument, with a description that belongs to something else. */
    private void borrowed(int number, long desc) {
        arguments.add(number);
        descs.add(desc);
    }
}
