package ai.tutti.engine.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Memory straight from the system, in pages of two megabytes where it grants them (mmap(2), madvise(2)).
 *
 * <p>A pass over a model's weights touches tens of megabytes, of which a core knows the places of some hundred pages at a
 * time; pages of four kilobytes cost a fifth of the rate at which a lone text's pass reads them. Nothing is resident before
 * it is touched, and all of it goes back when its arena is closed, whatever the C library keeps for itself.
 */
final class Pages {
    /** Bytes of a large page. */
    static final long LARGE = 2 << 20;

    static final boolean LINUX = System.getProperty("os.name").equals("Linux");
    private static final int HUGE_PAGES = 14;
    private static final int FREE = 8;

    /** The system's functions: linked once, and not before they are needed. */
    private static final class Linked {
        private static final MethodHandle MADVISE = CLibrary.function("madvise", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
        private static final MethodHandle MUNMAP = CLibrary.function("munmap", JAVA_INT, ADDRESS, JAVA_LONG);

        private Linked() {}
    }

    private Pages() {}

    /**
     * New memory, all zero.
     *
     * @param bytes how much, rounded up to whole pages
     * @param arena gives it back when it is closed
     * @throws OutOfMemoryError when the system has none
     */
    static MemorySegment map(long bytes, Arena arena) {
        long size = (bytes + LARGE - 1) / LARGE * LARGE;
        if (!LINUX) {
            return arena.allocate(size, 64);
        }
        long mapped = size + LARGE; // so that a large page can begin in it
        long begin = mmap(mapped);
        var memory = MemorySegment.ofAddress((begin + LARGE - 1) / LARGE * LARGE)
                .reinterpret(size, arena, _ -> munmap(begin, mapped));
        advise(memory, HUGE_PAGES); // where it is refused, pages are small
        return memory;
    }

    private static long mmap(long bytes) {
        try {
            long address = CLibrary.map(bytes);
            if (address == -1) {
                throw new OutOfMemoryError("the system does not give %,d bytes".formatted(bytes));
            }
            return address;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * Says that nobody needs what mapped memory holds, and that the system may have its pages if it wants them. Who writes there later
     * finds the pages as they are, or zeros.
     *
     * @return whether the system takes such offers
     */
    static boolean offer(MemorySegment memory) {
        return LINUX && advise(memory, FREE);
    }

    /** A request that the system may refuse. */
    private static boolean advise(MemorySegment memory, int advice) {
        try {
            return (int) Linked.MADVISE.invokeExact(memory, memory.byteSize(), advice) == 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static void munmap(long address, long bytes) {
        try {
            int _ = (int) Linked.MUNMAP.invokeExact(MemorySegment.ofAddress(address), bytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static RuntimeException unexpected(Throwable e) {
        return switch (e) {
            case RuntimeException exception -> exception;
            case Error error -> throw error;
            default -> new IllegalStateException("the system's memory cannot be asked for", e);
        };
    }
}
