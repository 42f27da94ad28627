package ai.tutti.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Where a model's weights live: one behind another in {@linkplain Pages large pages}, so that a pass reads them as one
 * stream; elsewhere than on Linux wherever Java puts them. Any thread may use and close it.
 */
public final class WeightArena implements Arena {
    /** Addresses taken at a time, of which only what is touched is memory. */
    private static final long CHUNK = 64 << 20;

    private final Arena owner = Arena.ofShared();
    private MemorySegment chunk = MemorySegment.NULL;
    private long used;

    @Override
    public synchronized MemorySegment allocate(long byteSize, long byteAlignment) {
        if (byteSize < 0 || byteAlignment <= 0 || Long.bitCount(byteAlignment) != 1 || byteAlignment > Pages.LARGE) {
            throw new IllegalArgumentException("%d bytes aligned to %d cannot be had".formatted(byteSize, byteAlignment));
        }
        if (!owner.scope().isAlive()) {
            throw new IllegalStateException("Already closed");
        }
        if (!Pages.LINUX) {
            return owner.allocate(byteSize, byteAlignment);
        }
        long first = (used + byteAlignment - 1) / byteAlignment * byteAlignment;
        if (first + byteSize > chunk.byteSize()) {
            chunk = Pages.map(Math.max(byteSize, CHUNK), owner);
            first = 0;
        }
        used = first + byteSize;
        return chunk.asSlice(first, byteSize);
    }

    @Override
    public MemorySegment.Scope scope() {
        return owner.scope();
    }

    @Override
    public synchronized void close() {
        owner.close();
    }
}
