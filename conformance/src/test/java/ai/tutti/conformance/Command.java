package ai.tutti.conformance;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program to run to its end.
 *
 * @param line the program and its arguments
 * @param folder where it runs
 * @param environment variables added to this process's own
 * @param patience how long it may take
 */
record Command(List<String> line, Path folder, Map<String, String> environment, Duration patience) {
    Command {
        line = List.copyOf(line);
        requireNonNull(folder, "folder");
        environment = Map.copyOf(environment);
        requireNonNull(patience, "patience");
    }

    /**
     * Runs it.
     *
     * @return what it printed, on both streams together
     * @throws AssertionError if it cannot be started, takes too long, or ends with a code other than 0; the message shows
     *     what it printed
     */
    String run() {
        try {
            Path output = Files.createTempFile("tutti-conformance-", ".out");
            try {
                return run(output);
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + shown(), e);
        }
    }

    private String run(Path output) throws IOException, InterruptedException {
        Process process = start(output);
        try {
            boolean ended = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
            String printed = Files.readString(output, StandardCharsets.UTF_8);
            if (!ended) {
                throw new AssertionError("%s was not done after %s; it printed:%n%s".formatted(shown(), patience, printed));
            }
            if (process.exitValue() != 0) {
                throw new AssertionError(
                        "%s ended with code %d; it printed:%n%s".formatted(shown(), process.exitValue(), printed));
            }
            return printed;
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private Process start(Path output) {
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new AssertionError("cannot start %s; the conformance suite needs it".formatted(line.getFirst()), e);
        }
    }

    private String shown() {
        return String.join(" ", line);
    }
}
