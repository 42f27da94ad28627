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
    private static final int NICEST = 19;

    private Niceness() {}

    /**
     * Makes the calling thread nicer than it is, for good; to be called on a platform thread.
     *
     * @param by how much: at 10 a thread gets a tenth of a core for which it competes with one that is as nice as it was
     *     before, at 5 a quarter
     * @return whether the system can do that and did
     */
    public static boolean add(int by) {
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
            return false;
        }
        var linker = Linker.nativeLinker();
        var getpriority = linker.defaultLookup().find("getpriority");
        var setpriority = linker.defaultLookup().find("setpriority");
        if (getpriority.isEmpty() || setpriority.isEmpty()) {
            return false;
        }
        var get = linker.downcallHandle(getpriority.get(), FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
        var set = linker.downcallHandle(setpriority.get(), FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
        try {
            int now = (int) get.invokeExact(PRIO_PROCESS, CALLING_THREAD);
            return (int) set.invokeExact(PRIO_PROCESS, CALLING_THREAD, Math.min(now + by, NICEST)) == 0;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("the thread's niceness cannot be set", e);
        }
    }
}
