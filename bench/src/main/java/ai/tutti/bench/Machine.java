package ai.tutti.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What figures mean nothing without. */
final class Machine {
    private Machine() {}

    /** The CPU's name, the instruction set in use, how many cores there are, and whether anything else was running. */
    static String describe(String instructionSet) {
        return "%s (%s); this process may use %d cores; Java %s; load average %.1f before the run"
                .formatted(
                        cpuName(),
                        instructionSet,
                        Runtime.getRuntime().availableProcessors(),
                        Runtime.version(),
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static String cpuName() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }
}
