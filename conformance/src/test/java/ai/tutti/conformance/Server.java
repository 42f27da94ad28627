package ai.tutti.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A server of this run: the built distribution's own process, started when first asked for, stopped when the run ends. */
final class Server {
    /** How many scripts ask at a time: any number, or, where they come up against the server's limits, one. */
    private static final int TOGETHER = Integer.MAX_VALUE;

    private static final int ALONE = 1;

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
    static final Server SMALL = new Server(
            ALONE, () -> guide(List.of("--threads", "1", "--precision", "f32", "--queue-tokens", "4000", "--max-body", "1MB")));

    /** Accepts every key, and has chat completions answered by somebody else's server. */
    static final Server CHATTING = new Server(TOGETHER, Server::forwarding);

    /** The guide's chat model. */
    static final String CHAT_MODEL = "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo";

    /** One that does not end. */
    static final String ENDLESS = "endless";

    private static final Pattern LISTENING = Pattern.compile("Listening on (http://[0-9.]+:\\d+)");
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Supplier<List<String>> options;

    private final Semaphore turns;

    private @Nullable Service service;

    /** Serves the bundled model under all names of the guide. */
    private Server(String... options) {
        this(TOGETHER, () -> guide(List.of(options)));
    }

    private Server(int scriptsAtATime, Supplier<List<String>> options) {
        this.turns = new Semaphore(scriptsAtATime, true);
        this.options = options;
    }

    private static List<String> guide(List<String> options) {
        return Stream.concat(GUIDE.stream().flatMap(name -> Stream.of("--alias", name + "=" + MODEL)), options.stream())
                .toList();
    }

    private static List<String> forwarding() {
        return guide(List.of("--config", configuration("""
                chat:
                  upstream: %s/v1
                  models:
                    %s: %s
                    %s: %s
                """.formatted(
                        ChatUpstream.service().address(),
                        CHAT_MODEL,
                        ChatUpstream.FOLDER.resolve("alphabet"),
                        ENDLESS,
                        ChatUpstream.FOLDER.resolve("endless")))));
    }

    private static String configuration(String yaml) {
        Path file = Folders.TARGET.resolve("chat.yaml");
        try {
            Files.writeString(file, yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file.toString();
    }

    /** Serves models from their folders, under their names alone. */
    static Server serving(Map<String, Path> folders, String... options) {
        var models = folders.entrySet().stream().flatMap(model -> Stream.of("--model", model.getKey() + "=" + model.getValue()));
        var line = Stream.concat(models, Stream.of(options)).toList();
        return new Server(ALONE, () -> line);
    }

    static Server named(String name) {
        return switch (name) {
            case "open" -> OPEN;
            case "keyed" -> KEYED;
            case "small" -> SMALL;
            case "chat" -> CHATTING;
            case "table" -> GuideModel.server();
            default -> throw new IllegalArgumentException("no server is called " + name);
        };
    }

    /** Has a script ask it when its turn has come. */
    <T> T during(Supplier<T> script) {
        turns.acquireUninterruptibly();
        try {
            return script.get();
        } finally {
            turns.release();
        }
    }

    /** Its address, such as {@code http://127.0.0.1:43210}; starts it if need be. */
    synchronized String root() {
        if (service == null) {
            service = start();
        }
        return service.address();
    }

    /** What it has printed so far. */
    synchronized String log() {
        return service == null ? "" : service.log();
    }

    private Service start() {
        var line = new ArrayList<String>();
        line.add(Folders.DISTRIBUTION.resolve("bin/tutti").toString());
        line.addAll(List.of("serve", "--port", "0"));
        line.addAll(options.get());
        return Service.start(line, Map.of("JAVA_HOME", System.getProperty("java.home")), LISTENING, PATIENCE);
    }
}
