package ai.tutti.conformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A program that goes on running and prints where it listens; it is stopped when this run ends, if not before. */
final class Service {
    private final Process process;
    private final String address;
    private final Queue<String> log;

    private Service(Process process, String address, Queue<String> log) {
        this.process = process;
        this.address = address;
        this.log = log;
    }

    /**
     * Starts a program and waits until it listens.
     *
     * @param line the program and its arguments
     * @param environment variables added to this process's own
     * @param listening what it prints then; the first group is the address
     * @param patience how long it may take
     */
    static Service start(List<String> line, Map<String, String> environment, Pattern listening, Duration patience) {
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> stop(process)));
            Queue<String> log = new ConcurrentLinkedQueue<>();
            BlockingQueue<String> addresses = new LinkedBlockingQueue<>();
            // A platform thread: to wait for a pipe would hold a carrier thread.
            Thread.ofPlatform().daemon().start(() -> follow(process, log, listening, addresses));
            @Nullable String address = addresses.poll(patience.toSeconds(), TimeUnit.SECONDS);
            if (address == null || address.isEmpty()) {
                throw new AssertionError(
                        "%s did not start; it printed:%n%s".formatted(String.join(" ", line), String.join("\n", log)));
            }
            return new Service(process, address, log);
        } catch (IOException e) {
            throw new AssertionError("cannot start %s; the conformance suite needs it".formatted(line.getFirst()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while %s started".formatted(line.getFirst()), e);
        }
    }

    private static void follow(Process process, Queue<String> log, Pattern listening, BlockingQueue<String> addresses) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.add(line);
                Matcher matcher = listening.matcher(line);
                if (matcher.find()) {
                    addresses.add(matcher.group(1));
                }
            }
            addresses.add("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens. */
    String address() {
        return address;
    }

    /** What it has printed so far. */
    String log() {
        return String.join(System.lineSeparator(), log);
    }

    /** Ends it as a crash would. */
    void kill() {
        process.destroyForcibly();
    }

    private static void stop(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
