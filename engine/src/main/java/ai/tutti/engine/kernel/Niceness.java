package ai.tutti.engine.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.util.Locale;

/**
 * Lets a thread stand back behind others. Java's own thread priorities do nothing on Linux without a flag and a privilege;
 * there {@code setpriority} with "who" 0 means the calling thread alone (setpriority(2), "C library/kernel differences"), and
 * to lower oneself needs no privilege. Elsewhere the same call would mean the whole process, so it is not made.
 */
public final class Niceness {
    private static final int PRIO_PROCESS = 0;
    private static final int CALLING_THREAD = 0;

    private Niceness() {}

    /**
     * Makes the calling thread nice for good; to be called on a platform thread.
     *
     * @param nice from 0 to 19: at 10 a thread that competes with a usual one for a core gets a tenth of it, at 5 a quarter
     * @return whether the system can do that and did
     */
    public static boolean set(int nice) {
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
            return false;
        }
        var linker = Linker.nativeLinker();
        var setpriority = linker.defaultLookup().find("setpriority");
        if (setpriority.isEmpty()) {
            return false;
        }
        var type = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
        try {
            return (int) linker.downcallHandle(setpriority.get(), type).invokeExact(PRIO_PROCESS, CALLING_THREAD, nice) == 0;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("setpriority cannot be called", e);
        }
    }
}
