package ai.tutti.engine.kernel;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Packs into the products' own type, by oneDNN. */
final class WholePacking implements Packing {
    /** Numbers of a step: what lies between the file and the packed layer stays in the cache. */
    private static final int STEP = 1 << 18;

    private final OneDnn oneDnn;
    private final PackedWeights.Layout layout;
    private final MemorySegment packed;
    private final Arena arena = Arena.ofConfined();
    private final int step;
    private final MemorySegment dense;

    WholePacking(OneDnn oneDnn, PackedWeights.Layout layout, Arena owner) {
        this.oneDnn = oneDnn;
        this.layout = layout;
        packed = owner.allocate(oneDnn.size(layout.desc()), 64);
        step = Math.min(layout.out(), step(STEP / layout.in()));
        dense = arena.allocate((long) step * layout.in() * Float.BYTES, 64);
    }

    /** The nearest multiple of a whole number of any layout's panels. */
    private static int step(int outputs) {
        return Math.max(64, outputs / 64 * 64);
    }

    @Override
    public int step() {
        return step;
    }

    @Override
    public void put(int first, float[] values, int offset, int count) {
        int in = layout.in();
        MemorySegment.copy(values, offset, dense, ValueLayout.JAVA_FLOAT, 0, count * in);
        try (var scratch = Arena.ofConfined();
                var handles = new Handles()) {
            // [count, in] read as [in, count]
            long view = handles.add(
                    oneDnn.strided(DType.F32, new long[] {in, count}, new long[] {1, in}), oneDnn::destroyDesc);
            long part = handles.add(
                    oneDnn.part(layout.desc(), new long[] {in, count}, new long[] {0, first}), oneDnn::destroyDesc);
            long reorder = handles.add(oneDnn.reorderDesc(view, part), oneDnn::destroyPrimitiveDesc);
            long primitive = handles.add(oneDnn.primitive(reorder), oneDnn::destroyPrimitive);
            long stream = handles.add(oneDnn.stream(), oneDnn::destroyStream);
            var arguments = new Arguments(scratch, OneDnn.ARG_SRC, OneDnn.ARG_DST);
            arguments.set(0, handles.add(oneDnn.memory(view, dense.address()), oneDnn::destroyMemory));
            arguments.set(1, handles.add(oneDnn.memory(part, packed.address()), oneDnn::destroyMemory));
            oneDnn.execute(primitive, stream, 2, arguments.address());
        }
    }

    @Override
    public WholeWeights packed() {
        return new WholeWeights(layout, packed);
    }

    @Override
    public void close() {
        arena.close();
    }
}
