package ai.tutti.bench;

import ai.tutti.bench.Contest.Work;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.hub.Hub;
import ai.tutti.server.ServerSettings;
import ai.tutti.server.TuttiServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The same texts through the same model, over HTTP and in process, from as many callers. Server, clients and engine
 * share this machine's cores, so HTTP pays for the clients as well.
 */
@Command(name = "http", description = "throughput over HTTP against the same model in process")
final class HttpCommand implements Callable<Integer> {
    @Mixin
    private final ContestFlags time = new ContestFlags();

    @Option(names = "--threads", description = "the engine's worker threads (default: one for each core)")
    private int threads = ServerSettings.DEFAULT.threads();

    @Option(names = "--precision", description = "auto, f32 or bf16 (default: auto)")
    private Arithmetic arithmetic = Arithmetic.AUTO;

    @Option(names = "--clients", description = "callers at once (default: ${DEFAULT-VALUE})")
    private int count = 4;

    @Option(names = "--texts", description = "texts a request (default: ${DEFAULT-VALUE})")
    private int textsEach = 64;

    @Option(names = "--length", split = ",", description = "tokens a text (default: 16,128)")
    private int[] lengths = {16, 128};

    @Override
    public Integer call() throws Exception {
        try (var server = TuttiServer.start(settings());
                var engine = Engine.create(new Engine.Settings(threads, Engine.Settings.DEFAULT.queueTokens()));
                var model = EmbeddingModel.load(engine, EngineFlags.bundled(), options());
                var client = new EmbeddingsClient(server.port());
                var clients = new Clients(count, Duration.ofSeconds(1))) {
            System.out.println(Machine.describe(server.cpu()));
            System.out.printf(
                    "%s, %d worker threads, %d callers, %d texts a request%n",
                    model.precision().wireName(), threads, count, textsEach);
            var table = new Table(
                    "tokens a text", "in process, tokens/s", "HTTP, floats", "ratio", "HTTP, base64", "ratio");
            for (int length : lengths) {
                var texts = differentTexts(length);
                long tokens = model.tokenize(texts.getFirst(), EmbeddingOptions.DEFAULT).tokens();
                var floats = texts.stream().map(some -> client.request(some, "float")).toList();
                var base64 = texts.stream().map(some -> client.request(some, "base64")).toList();
                var next = new AtomicInteger();
                var rates = time.contest().run(List.<Work>of(
                        () -> tokens * clients.run(() -> model.embed(turn(texts, next))),
                        () -> tokens * clients.run(() -> send(client, turn(floats, next))),
                        () -> tokens * clients.run(() -> send(client, turn(base64, next)))));
                table.row(
                        "%.0f".formatted((double) tokens / textsEach),
                        Table.rate(rates.get(0)),
                        Table.rate(rates.get(1)),
                        Table.ratio(rates.get(1), rates.get(0)),
                        Table.rate(rates.get(2)),
                        Table.ratio(rates.get(2), rates.get(0)));
            }
            table.print(System.out);
        }
        return 0;
    }

    /** For twice as many requests as there are callers: equal texts under way at once would be computed once. */
    private List<List<String>> differentTexts(int length) {
        return IntStream.range(0, 2 * count)
                .mapToObj(request -> IntStream.range(0, textsEach)
                        .mapToObj(text -> Samples.text(length, request * textsEach + text))
                        .toList())
                .toList();
    }

    private static <T> T turn(List<T> all, AtomicInteger next) {
        return all.get(Math.floorMod(next.getAndIncrement(), all.size()));
    }

    private ModelOptions options() {
        return new ModelOptions(Hub.BUNDLED, arithmetic.precision(), null, null, Map.of());
    }

    private static boolean send(EmbeddingsClient client, java.net.http.HttpRequest request) throws Exception {
        client.send(request);
        return true;
    }

    private ServerSettings settings() {
        return ServerSettings.DEFAULT.toBuilder()
                .port(0)
                .precision(arithmetic.precision())
                .threads(threads)
                .build();
    }
}
