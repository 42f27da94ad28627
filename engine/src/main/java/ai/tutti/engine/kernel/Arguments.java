package ai.tutti.engine.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A C array of {@code dnnl_exec_arg_t}: 16 bytes each, an argument's number and the handle of its memory. */
final class Arguments {
    private static final int SIZE = 16;
    private final MemorySegment array;

    Arguments(Arena arena, int... numbers) {
        array = arena.allocate((long) SIZE * numbers.length, 8);
        for (int i = 0; i < numbers.length; i++) {
            array.set(JAVA_INT, (long) SIZE * i, numbers[i]);
        }
    }

    void set(int index, long memory) {
        array.set(JAVA_LONG, (long) SIZE * index + 8, memory);
    }

    long address() {
        return array.address();
    }
}
