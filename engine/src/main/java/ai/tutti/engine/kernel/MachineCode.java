package ai.tutti.engine.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Machine code in memory of its own, written once and then executable and no longer writable; kept as long as the process. It
 * is a C function of one argument, an address, for Linux's calling convention on x86-64.
 *
 * <p>This asks no more of the system than oneDNN does, whose kernels are made the same way.
 */
final class MachineCode {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;
    private static final int PRIVATE_ANONYMOUS = 0x22;

    private final MethodHandle function;

    private MachineCode(MethodHandle function) {
        this.function = function;
    }

    /** Whether this system has that calling convention; that the CPU has the instructions is for the caller to know. */
    static boolean isPossible() {
        return System.getProperty("os.name").equals("Linux") && System.getProperty("os.arch").equals("amd64");
    }

    /**
     * Makes a function.
     *
     * @throws OneDnnException when the system refuses executable memory
     */
    static MachineCode of(byte[] code) {
        var linker = Linker.nativeLinker();
        try {
            var mmap = system(linker, "mmap", ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
            var mprotect = system(linker, "mprotect", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
            var memory = (MemorySegment) mmap.invokeExact(
                    MemorySegment.NULL, (long) code.length, READ | WRITE, PRIVATE_ANONYMOUS, -1, 0L);
            if (memory.address() == -1) {
                throw new OneDnnException("the system gives no memory for machine code");
            }
            MemorySegment.copy(MemorySegment.ofArray(code), 0, memory.reinterpret(code.length), 0, code.length);
            if ((int) mprotect.invokeExact(memory, (long) code.length, READ | EXECUTE) != 0) {
                throw new OneDnnException("the system does not let memory be executed");
            }
            return new MachineCode(linker.downcallHandle(memory, FunctionDescriptor.ofVoid(JAVA_LONG)));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new OneDnnException("no machine code", e);
        }
    }

    private static MethodHandle system(Linker linker, String name, MemoryLayout result, MemoryLayout... arguments) {
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
    }

    /** Runs it. */
    void run(long argument) {
        try {
            function.invokeExact(argument);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new OneDnnException("machine code failed", e);
        }
    }
}
