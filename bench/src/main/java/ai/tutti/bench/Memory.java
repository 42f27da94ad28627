package ai.tutti.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process's resident memory in bytes, as Linux counts it.
 *
 * @param anonymous its own: heap, native memory, stacks
 * @param file pages of files, which the system can take back: libraries, the JDK's image
 * @param all both, and shared memory
 */
record Memory(long anonymous, long file, long all) {
    static Memory of(long process) throws IOException {
        var status = Files.readString(Path.of("/proc/" + process + "/status"));
        return new Memory(bytes(status, "RssAnon:"), bytes(status, "RssFile:"), bytes(status, "VmRSS:"));
    }

    static Memory ofThisProcess() throws IOException {
        return of(ProcessHandle.current().pid());
    }

    /** The most that this process had resident since it began, or since {@link #forgetPeak}. */
    static long peakOfThisProcess() throws IOException {
        return bytes(Files.readString(Path.of("/proc/self/status")), "VmHWM:");
    }

    /** Lets {@link #peakOfThisProcess} begin anew. */
    static void forgetPeak() throws IOException {
        Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    }

    private static long bytes(String status, String field) {
        return status.lines()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("/proc has no " + field));
    }
}
