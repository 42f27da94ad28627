package ai.tutti.bench;

import ai.tutti.hub.Hub;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How much the requests to one model feel that another is being loaded, and what memory is given back when that is put away
 * again. The distribution's server in a process of its own; the clients share its cores, in both states.
 */
@Command(name = "shelf", description = "latency of one model while another is loaded; memory after it was put away")
final class ShelfCommand implements Callable<Integer> {
    private static final String SECOND = "second";
    private static final String KEY = "operator";

    @Option(names = "--shape", description = "the second model: tiny, small, base, large (default: ${DEFAULT-VALUE})")
    private Shape shape = Shape.LARGE;

    @Option(names = "--rounds", description = "how often it is loaded (default: ${DEFAULT-VALUE})")
    private int rounds = 8;

    @Option(names = "--precision", description = "auto, f32 or bf16 (default: ${DEFAULT-VALUE})")
    private String precision = "auto";

    /** Callers of the first model at once, and the tokens of their texts. */
    private record Traffic(String name, int clients, int tokens, Duration pause) {}

    private static final List<Traffic> TRAFFIC = List.of(
            new Traffic("a text of 10 tokens every 20 ms", 1, 10, Duration.ofMillis(20)),
            new Traffic("one caller, 128 tokens", 1, 128, Duration.ZERO),
            new Traffic("four callers, 128 tokens", 4, 128, Duration.ZERO));

    @Override
    public Integer call() throws Exception {
        try (var folder = TemporaryFolder.create()) {
            ShapeFolder.write(folder.path(), shape.sizes(), Map.of(), EngineFlags.bundled().path());
            try (var server = DistributionServer.start(
                            "--model", Hub.BUNDLED, "--model", SECOND + "=" + folder.path(), "--admin-key", KEY,
                            "--memory-budget", "16GB", "--precision", precision);
                    var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
                    var client = new EmbeddingsClient(server.port())) {
                System.out.println(Machine.describe("chosen by the server"));
                post(http, server, "unload");
                measure(server, http, client);
            }
        }
        return 0;
    }

    private void measure(DistributionServer server, HttpClient http, EmbeddingsClient client) throws Exception {
        var table = new Table(
                "traffic", "state", "requests", "p50, ms", "p90, ms", "p99, ms", "longest, ms", "p99 ratio", "loaded in, s");
        for (var traffic : TRAFFIC) {
            var quiet = new Latencies();
            var loading = new Latencies();
            double seconds = 0;
            try (var clients = new Callers(client, traffic)) {
                Thread.sleep(2000); // warms up
                for (int i = 0; i < rounds; i++) {
                    clients.record(quiet);
                    Thread.sleep(2000);
                    clients.record(loading);
                    long begin = System.nanoTime();
                    post(http, server, "load");
                    clients.record(null);
                    seconds += (System.nanoTime() - begin) / 1e9 / rounds;
                    post(http, server, "unload");
                    Thread.sleep(500);
                }
            }
            row(table, traffic, "alone", quiet, 1, "");
            row(table, traffic, "loading", loading, loading.at(0.99) / quiet.at(0.99), "%.2f".formatted(seconds));
        }
        table.print(System.out);
        memory(server, http);
    }

    private static void row(Table table, Traffic traffic, String state, Latencies taken, double ratio, String seconds) {
        table.row(
                traffic.name(),
                state,
                Integer.toString(taken.count()),
                taken.text(0.5),
                taken.text(0.9),
                taken.text(0.99),
                taken.text(1),
                "%.2f".formatted(ratio),
                seconds);
    }

    private static void memory(DistributionServer server, HttpClient http) throws Exception {
        var table = new Table("anonymous memory with one model", "with both", "after the second was put away");
        for (int i = 0; i < 3; i++) {
            long before = server.memory().anonymous();
            post(http, server, "load");
            long both = server.memory().anonymous();
            post(http, server, "unload");
            table.row(Table.megabytes(before), Table.megabytes(both), Table.megabytes(server.memory().anonymous()));
        }
        table.print(System.out);
    }

    private static void post(HttpClient http, DistributionServer server, String what)
            throws IOException, InterruptedException {
        var uri = URI.create("http://127.0.0.1:%d/admin/models/%s/%s".formatted(server.port(), SECOND, what));
        var request = HttpRequest.newBuilder(uri)
                .header("authorization", "Bearer " + KEY)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        var reply = http.send(request, BodyHandlers.ofString());
        if (reply.statusCode() != 200) {
            throw new IllegalStateException(reply.body());
        }
    }

    /** Callers that ask until they are closed; what a request took goes to whoever was recording when it began. */
    private static final class Callers implements AutoCloseable {
        private final AtomicReference<Latencies> recording = new AtomicReference<>(new Latencies());
        private final AtomicBoolean enough = new AtomicBoolean();
        private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

        Callers(EmbeddingsClient client, Traffic traffic) {
            for (int i = 0; i < traffic.clients(); i++) {
                int seed = i;
                var _ = threads.submit(() -> ask(client, traffic, seed));
            }
        }

        void record(@Nullable Latencies latencies) {
            recording.set(latencies == null ? new Latencies() : latencies);
        }

        private void ask(EmbeddingsClient client, Traffic traffic, int seed) {
            var request = client.request(List.of(Samples.text(traffic.tokens(), seed)), "float");
            try {
                while (!enough.get()) {
                    var to = recording.get();
                    long begin = System.nanoTime();
                    client.send(request);
                    to.add(System.nanoTime() - begin);
                    Thread.sleep(traffic.pause());
                }
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            enough.set(true);
            threads.close();
        }
    }
}
