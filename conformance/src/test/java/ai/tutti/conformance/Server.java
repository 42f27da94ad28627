package ai.tutti.conformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A server of this run: the built distribution's own process, started when first asked for, stopped when the run ends. */
final class Server {
    static final String KEY = "the-right-key";
    static final String MODEL = "BAAI/bge-small-en-v1.5";

    /** Names in Together's guide and SDKs; here the bundled model answers to all of them. */
    private static final List<String> GUIDE = List.of(
            "Alibaba-NLP/gte-modernbert-base",
            "BAAI/bge-base-en-v1.5",
            "BAAI/bge-large-en-v1.5",
            "Salesforce/Llama-Rank-V1",
            "Salesforce/Llama-Rank-v1",
            "WhereIsAI/UAE-Large-V1",
            "intfloat/multilingual-e5-large-instruct",
            "mixedbread-ai/Mxbai-Rerank-Large-V2",
            "togethercomputer/m2-bert-80M-2k-retrieval",
            "togethercomputer/m2-bert-80M-8k-retrieval",
            "togethercomputer/m2-bert-80M-32k-retrieval");

    /** Accepts every key. */
    static final Server OPEN = new Server();

    /** Accepts one key. */
    static final Server KEYED = new Server("--api-key", KEY);

    /** Has one thread and a short queue, and takes small bodies. */
    static final Server SMALL =
            new Server("--threads", "1", "--precision", "f32", "--queue-tokens", "4000", "--max-body", "1MB");

    private static final Pattern LISTENING = Pattern.compile("Listening on (http://[0-9.]+:\\d+)");
    private static final long SECONDS_TO_START = 60;

    private final List<String> options;
    private final BlockingQueue<String> addresses = new LinkedBlockingQueue<>();
    private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
    private @Nullable String root;

    /** Serves the bundled model under all names of the guide. */
    private Server(String... options) {
        this(Stream.concat(
                        GUIDE.stream().flatMap(name -> Stream.of("--alias", name + "=" + MODEL)), Stream.of(options))
                .toList());
    }

    private Server(List<String> options) {
        this.options = options;
    }

    /** Serves models from their folders, under their names alone. */
    static Server serving(Map<String, Path> folders, String... options) {
        return new Server(Stream.concat(
                        folders.entrySet().stream()
                                .flatMap(model -> Stream.of("--model", model.getKey() + "=" + model.getValue())),
                        Stream.of(options))
                .toList());
    }

    static Server named(String name) {
        return switch (name) {
            case "open" -> OPEN;
            case "keyed" -> KEYED;
            case "small" -> SMALL;
            case "table" -> GuideModel.server();
            default -> throw new IllegalArgumentException("no server is called " + name);
        };
    }

    /** Its address, such as {@code http://127.0.0.1:43210}; starts it if need be. */
    synchronized String root() {
        if (root == null) {
            root = start();
        }
        return root;
    }

    /** What it has printed so far. */
    String log() {
        return String.join(System.lineSeparator(), log);
    }

    private String start() {
        var line = new ArrayList<String>();
        line.add(Folders.DISTRIBUTION.resolve("bin/tutti").toString());
        line.addAll(List.of("serve", "--port", "0"));
        line.addAll(options);
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        try {
            Process process = builder.start();
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> stop(process)));
            // A platform thread: to wait for a pipe would hold a carrier thread.
            Thread.ofPlatform().daemon().start(() -> follow(process));
            @Nullable String address = addresses.poll(SECONDS_TO_START, TimeUnit.SECONDS);
            if (address == null || address.isEmpty()) {
                throw new AssertionError("%s did not start; it printed:%n%s".formatted(String.join(" ", line), log()));
            }
            return address;
        } catch (IOException e) {
            throw new AssertionError("no distribution at %s; build it with: mvn verify".formatted(Folders.DISTRIBUTION), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while a server started", e);
        }
    }

    private void follow(Process process) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            lines.lines().forEach(this::read);
            addresses.add("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(String line) {
        log.add(line);
        Matcher matcher = LISTENING.matcher(line);
        if (matcher.find()) {
            addresses.add(matcher.group(1));
        }
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
