package ai.tutti.engine.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The part of oneDNN's C API that the engine needs, one method a function. Handles of oneDNN's objects are plain
 * {@code long}s: they are opaque, and a {@code long} costs nothing on the way to a call that takes microseconds.
 *
 * <p>Names and numbers: {@code oneapi/dnnl/dnnl.h} and {@code dnnl_types.h} of oneDNN 3.11.
 */
final class OneDnn {
    static final int ARG_SRC = 1;
    static final int ARG_DST = 17;
    static final int ARG_WEIGHTS = 33;
    static final int ARG_BIAS = 41;
    static final int ARG_SCALE = 51;
    static final int ARG_SHIFT = 52;
    static final int ARG_SCRATCHPAD = 80;
    /** Added to an argument's number: its scales. */
    static final int ARG_SCALES = 4096;

    static final int ELTWISE_RELU = 32;
    static final int ELTWISE_TANH = 33;
    static final int ELTWISE_GELU_TANH = 43;
    static final int ELTWISE_SWISH = 44;
    static final int ELTWISE_GELU_ERF = 49;

    static final int QUERY_IMPLEMENTATION = 8;
    static final int QUERY_WEIGHTS = 131;
    static final int QUERY_SCRATCHPAD = 136;

    private static final int QUERY_STRIDES = 14;
    private static final int QUERY_PADDED_SIZES = 260;
    private static final int QUERY_INNER_COUNT = 263;
    private static final int QUERY_INNER_BLOCKS = 264;
    private static final int QUERY_INNER_DIMENSIONS = 265;

    private static final int ARG_POST_OPS = 32768;
    private static final int ARG_SRC_1 = 2;
    private static final int BINARY_MUL = 0x1fff1;
    private static final int FORMAT_ANY = 1;
    private static final int CPU = 1;
    private static final int FORWARD_INFERENCE = 96;
    private static final int SOFTMAX_ACCURATE = 0x30000;
    private static final int USE_SCALE_AND_SHIFT = 2 | 4;
    private static final int SCRATCHPAD_USER = 1;

    private final MethodHandle effectiveIsa;
    private final MethodHandle engineCreate;
    private final MethodHandle streamCreate;
    private final MethodHandle streamDestroy;
    private final MethodHandle descStrided;
    private final MethodHandle descTagged;
    private final MethodHandle descDestroy;
    private final MethodHandle descSize;
    private final MethodHandle descPart;
    private final MethodHandle descQuery;
    private final MethodHandle memoryCreate;
    private final MethodHandle memorySet;
    private final MethodHandle memoryDestroy;
    private final MethodHandle attrCreate;
    private final MethodHandle attrDestroy;
    private final MethodHandle attrScratchpad;
    private final MethodHandle attrPostOps;
    private final MethodHandle attrScales;
    private final MethodHandle postOpsCreate;
    private final MethodHandle postOpsDestroy;
    private final MethodHandle postOpsEltwise;
    private final MethodHandle postOpsSum;
    private final MethodHandle postOpsBinary;
    private final MethodHandle matmul;
    private final MethodHandle softmax;
    private final MethodHandle layerNorm;
    private final MethodHandle reorder;
    private final MethodHandle primitiveDescQuery;
    private final MethodHandle primitiveDescQueryMd;
    private final MethodHandle primitiveDescDestroy;
    private final MethodHandle primitiveCreate;
    private final MethodHandle primitiveDestroy;
    private final MethodHandle primitiveExecute;

    private final long engine;

    OneDnn(SymbolLookup library) {
        var c = new Functions(Linker.nativeLinker(), library);
        var l = JAVA_LONG;
        var i = JAVA_INT;
        effectiveIsa = c.function("dnnl_get_effective_cpu_isa", new MemoryLayout[0]);
        engineCreate = c.function("dnnl_engine_create", ADDRESS, i, l);
        streamCreate = c.function("dnnl_stream_create", ADDRESS, l, i);
        streamDestroy = c.function("dnnl_stream_destroy", l);
        descStrided = c.function("dnnl_memory_desc_create_with_strides", ADDRESS, i, ADDRESS, i, ADDRESS);
        descTagged = c.function("dnnl_memory_desc_create_with_tag", ADDRESS, i, ADDRESS, i, i);
        descDestroy = c.function("dnnl_memory_desc_destroy", l);
        descSize = c.longFunction("dnnl_memory_desc_get_size", l);
        descPart = c.function("dnnl_memory_desc_create_submemory", ADDRESS, l, ADDRESS, ADDRESS);
        descQuery = c.function("dnnl_memory_desc_query", l, i, ADDRESS);
        memoryCreate = c.function("dnnl_memory_create", ADDRESS, l, l, l);
        memorySet = c.function("dnnl_memory_set_data_handle", l, l);
        memoryDestroy = c.function("dnnl_memory_destroy", l);
        attrCreate = c.function("dnnl_primitive_attr_create", ADDRESS);
        attrDestroy = c.function("dnnl_primitive_attr_destroy", l);
        attrScratchpad = c.function("dnnl_primitive_attr_set_scratchpad_mode", l, i);
        attrPostOps = c.function("dnnl_primitive_attr_set_post_ops", l, l);
        attrScales = c.function("dnnl_primitive_attr_set_scales_mask", l, i, i);
        postOpsCreate = c.function("dnnl_post_ops_create", ADDRESS);
        postOpsDestroy = c.function("dnnl_post_ops_destroy", l);
        postOpsEltwise = c.function("dnnl_post_ops_append_eltwise", l, i, JAVA_FLOAT, JAVA_FLOAT);
        postOpsSum = c.function("dnnl_post_ops_append_sum", l, JAVA_FLOAT, i, i);
        postOpsBinary = c.function("dnnl_post_ops_append_binary", l, i, l);
        matmul = c.function("dnnl_matmul_primitive_desc_create", ADDRESS, l, l, l, l, l, l);
        softmax = c.function("dnnl_softmax_forward_primitive_desc_create", ADDRESS, l, i, i, l, l, i, l);
        layerNorm = c.function(
                "dnnl_layer_normalization_forward_primitive_desc_create", ADDRESS, l, i, l, l, l, JAVA_FLOAT, i, l);
        reorder = c.function("dnnl_reorder_primitive_desc_create", ADDRESS, l, l, l, l, l);
        primitiveDescQuery = c.function("dnnl_primitive_desc_query", l, i, i, ADDRESS);
        primitiveDescQueryMd = c.longFunction("dnnl_primitive_desc_query_md", l, i, i);
        primitiveDescDestroy = c.function("dnnl_primitive_desc_destroy", l);
        primitiveCreate = c.function("dnnl_primitive_create", ADDRESS, l);
        primitiveDestroy = c.function("dnnl_primitive_destroy", l);
        primitiveExecute = c.function("dnnl_primitive_execute", l, l, i, l);
        engine = created(out -> (int) engineCreate.invokeExact(out, CPU, 0L), "engine");
    }

    /** The newest instruction set that oneDNN will use, a set of bits ({@code dnnl_cpu_isa_t}). */
    int effectiveIsa() {
        try {
            return (int) effectiveIsa.invokeExact();
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    long stream() {
        return created(out -> (int) streamCreate.invokeExact(out, engine, 1), "stream");
    }

    void destroyStream(long stream) {
        check(() -> (int) streamDestroy.invokeExact(stream), "stream_destroy");
    }

    /** A description of memory with given strides, in elements. */
    long strided(DType dtype, long[] shape, long[] strides) {
        try (var arena = Arena.ofConfined()) {
            var dims = arena.allocateFrom(JAVA_LONG, shape);
            var steps = arena.allocateFrom(JAVA_LONG, strides);
            return created(
                    out -> (int) descStrided.invokeExact(out, shape.length, dims, code(dtype), steps), "memory_desc");
        }
    }

    /** A description of memory whose layout oneDNN chooses. */
    long anyLayout(DType dtype, long... shape) {
        try (var arena = Arena.ofConfined()) {
            var dims = arena.allocateFrom(JAVA_LONG, shape);
            return created(
                    out -> (int) descTagged.invokeExact(out, shape.length, dims, code(dtype), FORMAT_ANY), "memory_desc");
        }
    }

    /** A description of dense, row-major memory. */
    long dense(DType dtype, long... shape) {
        long[] strides = new long[shape.length];
        long step = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            strides[d] = step;
            step *= shape[d];
        }
        return strided(dtype, shape, strides);
    }

    void destroyDesc(long desc) {
        check(() -> (int) descDestroy.invokeExact(desc), "memory_desc_destroy");
    }

    long size(long desc) {
        try {
            return (long) descSize.invokeExact(desc);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** A description of a part of described memory; in blocked layouts it begins and ends with a block, or at the end. */
    long part(long desc, long[] shape, long[] offsets) {
        try (var arena = Arena.ofConfined()) {
            var dims = arena.allocateFrom(JAVA_LONG, shape);
            var starts = arena.allocateFrom(JAVA_LONG, offsets);
            return created(out -> (int) descPart.invokeExact(out, desc, dims, starts), "memory_desc");
        }
    }

    /** Sizes of a matrix with what its layout fills up. */
    long[] paddedSizes(long desc) {
        return longs(desc, QUERY_PADDED_SIZES, 2);
    }

    /** Elements from one row, and from one column, of a matrix to the next; in blocked layouts from one block to the next. */
    long[] strides(long desc) {
        return longs(desc, QUERY_STRIDES, 2);
    }

    /** Sizes of a blocked layout's blocks, the innermost last. */
    long[] innerBlocks(long desc) {
        return longs(desc, QUERY_INNER_BLOCKS, innerCount(desc));
    }

    /** The dimension that each of {@link #innerBlocks} divides. */
    long[] innerDimensions(long desc) {
        return longs(desc, QUERY_INNER_DIMENSIONS, innerCount(desc));
    }

    private int innerCount(long desc) {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(JAVA_INT);
            check(() -> (int) descQuery.invokeExact(desc, QUERY_INNER_COUNT, out), "memory_desc_query");
            return out.get(JAVA_INT, 0);
        }
    }

    /** Numbers that belong to the description. */
    private long[] longs(long desc, int what, int count) {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(ADDRESS);
            check(() -> (int) descQuery.invokeExact(desc, what, out), "memory_desc_query");
            return out.get(ADDRESS, 0).reinterpret((long) count * Long.BYTES).toArray(JAVA_LONG);
        }
    }

    long memory(long desc, long address) {
        return created(out -> (int) memoryCreate.invokeExact(out, desc, engine, address), "memory");
    }

    void set(long memory, long address) {
        try {
            int status = (int) memorySet.invokeExact(memory, address);
            if (status != 0) {
                throw refused("memory_set_data_handle", status);
            }
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    void destroyMemory(long memory) {
        check(() -> (int) memoryDestroy.invokeExact(memory), "memory_destroy");
    }

    long attributes(long postOps) {
        long attr = created(out -> (int) attrCreate.invokeExact(out), "primitive_attr");
        check(() -> (int) attrScratchpad.invokeExact(attr, SCRATCHPAD_USER), "attr_set_scratchpad_mode");
        if (postOps != 0) {
            check(() -> (int) attrPostOps.invokeExact(attr, postOps), "attr_set_post_ops");
        }
        return attr;
    }

    /**
     * Says that an argument of integers has scales, in memory of the argument {@link #ARG_SCALES} + its number.
     *
     * @param mask bits of the dimensions along which scales differ; 0: one scale
     */
    void scales(long attr, int argument, int mask) {
        check(() -> (int) attrScales.invokeExact(attr, argument, mask), "attr_set_scales_mask");
    }

    void destroyAttributes(long attr) {
        check(() -> (int) attrDestroy.invokeExact(attr), "primitive_attr_destroy");
    }

    long postOps() {
        return created(out -> (int) postOpsCreate.invokeExact(out), "post_ops");
    }

    void destroyPostOps(long postOps) {
        check(() -> (int) postOpsDestroy.invokeExact(postOps), "post_ops_destroy");
    }

    void appendEltwise(long postOps, int algorithm, float alpha) {
        check(() -> (int) postOpsEltwise.invokeExact(postOps, algorithm, alpha, 0f), "append_eltwise");
    }

    void appendSum(long postOps) {
        check(() -> (int) postOpsSum.invokeExact(postOps, 1f, 0, 0), "append_sum");
    }

    /** The result times another tensor, whose memory is the argument {@link #argPostOp}. */
    void appendMultiply(long postOps, long desc) {
        check(() -> (int) postOpsBinary.invokeExact(postOps, BINARY_MUL, desc), "append_binary");
    }

    /** The number of the argument that a binary post-operation takes, by its place among the post-operations. */
    static int argPostOp(int place) {
        return ARG_POST_OPS * (place + 1) | ARG_SRC_1;
    }

    long matmulDesc(long src, long weights, long bias, long dst, long attr) {
        return created(out -> (int) matmul.invokeExact(out, engine, src, weights, bias, dst, attr), "matmul");
    }

    long softmaxDesc(long src, long dst, int axis, long attr) {
        return created(
                out -> (int) softmax.invokeExact(
                        out, engine, FORWARD_INFERENCE, SOFTMAX_ACCURATE, src, dst, axis, attr),
                "softmax");
    }

    long layerNormDesc(long src, long dst, float epsilon, long attr) {
        return created(
                out -> (int) layerNorm.invokeExact(
                        out, engine, FORWARD_INFERENCE, src, dst, 0L, epsilon, USE_SCALE_AND_SHIFT, attr),
                "layer_normalization");
    }

    long reorderDesc(long src, long dst) {
        return created(out -> (int) reorder.invokeExact(out, src, engine, dst, engine, 0L), "reorder");
    }

    String implementation(long primitiveDesc) {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(ADDRESS);
            check(
                    () -> (int) primitiveDescQuery.invokeExact(primitiveDesc, QUERY_IMPLEMENTATION, 0, out),
                    "primitive_desc_query");
            return out.get(ADDRESS, 0).reinterpret(256).getString(0);
        }
    }

    /** A description that belongs to the primitive's own description: not to be destroyed, gone with it. */
    long queryDesc(long primitiveDesc, int what) {
        try {
            return (long) primitiveDescQueryMd.invokeExact(primitiveDesc, what, 0);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    void destroyPrimitiveDesc(long primitiveDesc) {
        check(() -> (int) primitiveDescDestroy.invokeExact(primitiveDesc), "primitive_desc_destroy");
    }

    long primitive(long primitiveDesc) {
        return created(out -> (int) primitiveCreate.invokeExact(out, primitiveDesc), "primitive");
    }

    void destroyPrimitive(long primitive) {
        check(() -> (int) primitiveDestroy.invokeExact(primitive), "primitive_destroy");
    }

    void execute(long primitive, long stream, int count, long arguments) {
        try {
            int status = (int) primitiveExecute.invokeExact(primitive, stream, count, arguments);
            if (status != 0) {
                throw refused("primitive_execute", status);
            }
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private static int code(DType dtype) {
        return switch (dtype) {
            case F16 -> 1;
            case BF16 -> 2;
            case F32 -> 3;
            case I32 -> 4;
            case I8 -> 5;
            case U8 -> 6;
            default -> throw new IllegalArgumentException("oneDNN does not compute with " + dtype);
        };
    }

    private interface Creation {
        int into(MemorySegment out) throws Throwable;
    }

    private interface Action {
        int run() throws Throwable;
    }

    private static long created(Creation creation, String what) {
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(ADDRESS);
            check(() -> creation.into(out), what);
            return out.get(JAVA_LONG, 0);
        }
    }

    private static void check(Action action, String what) {
        try {
            int status = action.run();
            if (status != 0) {
                throw refused(what, status);
            }
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private static OneDnnException refused(String what, int status) {
        String reason =
                switch (status) {
                    case 1 -> "out of memory";
                    case 2 -> "invalid arguments";
                    case 3 -> "not implemented for this CPU";
                    default -> "status " + status;
                };
        return new OneDnnException("oneDNN " + what + ": " + reason);
    }

    private static RuntimeException rethrown(Throwable e) {
        return switch (e) {
            case RuntimeException r -> r;
            case Error error -> throw error;
            default -> new OneDnnException("oneDNN call failed", e);
        };
    }

    private record Functions(Linker linker, SymbolLookup library) {
        MethodHandle function(String name, MemoryLayout... arguments) {
            return handle(name, FunctionDescriptor.of(JAVA_INT, arguments));
        }

        MethodHandle longFunction(String name, MemoryLayout... arguments) {
            return handle(name, FunctionDescriptor.of(JAVA_LONG, arguments));
        }

        private MethodHandle handle(String name, FunctionDescriptor type) {
            return linker.downcallHandle(library.findOrThrow(name), type);
        }
    }
}
