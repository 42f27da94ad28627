package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How several models share a machine.
 *
 * @param lazy whether models are loaded when they are first asked for, and not at the start
 * @param memoryBudgetBytes the most native memory that the weights of all loaded models may take together
 * @param loadWait how long a request waits for its model to be loaded; then the answer is 503
 * @param adminKey the key to {@code /admin}; null: nobody may enter
 */
public record ShelfSettings(boolean lazy, long memoryBudgetBytes, Duration loadWait, @Nullable String adminKey) {
    /** Of the memory that this process may use, what weights may take; the Java heap takes up to a quarter. */
    private static final double SHARE = 0.7;

    /** All models at the start, in seven tenths of the memory that this process may use. */
    public static final ShelfSettings DEFAULT = new ShelfSettings(false, shareOfMemory(), Duration.ofMinutes(1), null);

    public ShelfSettings {
        requireNonNull(loadWait, "loadWait is null");
        if (memoryBudgetBytes < 1) {
            throw new IllegalArgumentException("memoryBudgetBytes must be at least 1, not " + memoryBudgetBytes);
        }
        if (loadWait.isNegative()) {
            throw new IllegalArgumentException("loadWait must not be negative, but is " + loadWait);
        }
    }

    /** The machine's memory or, in a container, what the container may use. */
    private static long shareOfMemory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                ? (long) (system.getTotalMemorySize() * SHARE)
                : Long.MAX_VALUE;
    }
}
