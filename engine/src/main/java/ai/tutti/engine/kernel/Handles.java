package ai.tutti.engine.kernel;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongConsumer;

/** oneDNN's objects that are to be destroyed together, the youngest first, whatever was thrown meanwhile. */
final class Handles implements AutoCloseable {
    private final Deque<Runnable> destructions = new ArrayDeque<>();

    /** Takes charge of an object and gives its handle back. */
    long add(long handle, LongConsumer destroy) {
        destructions.push(() -> destroy.accept(handle));
        return handle;
    }

    @Override
    public void close() {
        for (var destroy = destructions.poll(); destroy != null; destroy = destructions.poll()) {
            destroy.run();
        }
    }
}
