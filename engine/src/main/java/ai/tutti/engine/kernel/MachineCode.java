package ai.tutti.engine.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.System.Logger.Level;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Machine code in memory of its own, written once and then executable and no longer writable; kept as long as the process. It
 * is a C function of one argument, an address, for Linux's calling convention on x86-64.
 *
 * <p>This asks no more of the system than oneDNN does, whose kernels are made the same way.
 */
final class MachineCode {
    private static final System.Logger LOG = System.getLogger(MachineCode.class.getName());

    /** A function that does nothing. */
    static final byte[] RETURN = {(byte) 0xc3};

    private static final int READ = 1;
    private static final int EXECUTE = 4;

    /** What all code is called by and made with: linked once, since that takes longer than to write the code. */
    private static final class Linked {
        private static final MethodHandle CALL = Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(JAVA_LONG));
        private static final MethodHandle MPROTECT = CLibrary.function("mprotect", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

        private Linked() {}
    }

    /** Tried once a process, so that all of a process's results come from the same code. */
    private static final class Trial {
        private static final boolean SUCCEEDED = System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64")
                && runs(RETURN);

        private Trial() {}
    }

    private final MemorySegment code;

    private MachineCode(MemorySegment code) {
        this.code = code;
    }

    /**
     * Whether this system has that calling convention and lets code be made; that the CPU has the instructions is for the caller
     * to know.
     */
    static boolean isPossible() {
        return Trial.SUCCEEDED;
    }

    /** Whether code could be made and run; where not, one line in the log says why. */
    static boolean runs(byte[] code) {
        try {
            of(code).run(0);
            return true;
        } catch (OneDnnException e) {
            LOG.log(Level.WARNING, "{0}: models are computed by oneDNN and Java alone, and slower", e.getMessage());
            return false;
        }
    }

    /**
     * Makes a function.
     *
     * @throws OneDnnException when the system refuses executable memory
     */
    static MachineCode of(byte[] code) {
        try {
            var memory = MemorySegment.ofAddress(CLibrary.map(code.length));
            if (memory.address() == -1) {
                throw new OneDnnException("the system gives no memory for machine code");
            }
            MemorySegment.copy(MemorySegment.ofArray(code), 0, memory.reinterpret(code.length), 0, code.length);
            if ((int) Linked.MPROTECT.invokeExact(memory, (long) code.length, READ | EXECUTE) != 0) {
                throw new OneDnnException("the system does not let memory be executed");
            }
            return new MachineCode(memory);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new OneDnnException("no machine code", e);
        }
    }

    /** Runs it. */
    void run(long argument) {
        try {
            Linked.CALL.invokeExact(code, argument);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new OneDnnException("machine code failed", e);
        }
    }
}
