package ai.tutti.engine.kernel;

import java.lang.foreign.Arena;

/** A plan with one worker's memory objects: set the addresses, run. */
final class Call {
    private final OneDnn oneDnn;
    private final Plan plan;
    private final long stream;
    private final Arguments arguments;
    private final long[] memories;
    private final long[] addresses;

    Call(OneDnn oneDnn, Plan plan, long stream, long scratch, Arena arena) {
        this.oneDnn = oneDnn;
        this.plan = plan;
        this.stream = stream;
        arguments = new Arguments(arena, plan.arguments());
        memories = new long[plan.descs().length];
        addresses = new long[memories.length];
        for (int i = 0; i < memories.length; i++) {
            memories[i] = oneDnn.memory(plan.descs()[i], 0);
            arguments.set(i, memories[i]);
        }
        scratch(scratch);
    }

    /** Lends other working memory. */
    void scratch(long address) {
        set(memories.length - 1, address);
    }

    Call set(int index, long address) {
        if (addresses[index] != address) {
            oneDnn.set(memories[index], address);
            addresses[index] = address;
        }
        return this;
    }

    void run() {
        oneDnn.execute(plan.primitive(), stream, memories.length, arguments.address());
    }

    void close() {
        for (long memory : memories) {
            oneDnn.destroyMemory(memory);
        }
    }
}
