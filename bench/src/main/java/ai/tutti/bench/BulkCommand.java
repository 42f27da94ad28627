package ai.tutti.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Short queries one after another, first to an idle server, then to one that a bulk job keeps busy. */
@Command(name = "bulk", description = "a short query over HTTP: how long it takes on an idle server, and beside a bulk job")
final class BulkCommand implements Callable<Integer> {
    @Option(names = "--requests", description = "queries that count (default: ${DEFAULT-VALUE})")
    private int requests = 1000;

    @Option(names = "--texts", description = "texts of one request of the bulk job (default: ${DEFAULT-VALUE})")
    private int texts = 1000;

    @Option(names = "--length", description = "tokens of each of them (default: ${DEFAULT-VALUE})")
    private int length = 128;

    @Override
    public Integer call() throws Exception {
        try (var server = DistributionServer.start();
                var client = new EmbeddingsClient(server.port());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            System.out.println(Machine.describe("chosen by the server"));
            var table = new Table("server", "p50, ms", "p90, ms", "p99, ms", "longest, ms", "bulk tokens/s");
            ask(client); // warms up
            row(table, "idle", ask(client), "");

            var enough = new AtomicBoolean();
            var done = new AtomicLong();
            long begin = System.nanoTime();
            var callers = new ArrayList<Future<?>>();
            for (int caller = 0; caller < 2; caller++) { // one reads its reply while the other's is computed
                int first = caller * texts; // equal texts would be computed once
                var job = client.request(
                        IntStream.range(first, first + texts).mapToObj(i -> Samples.text(length, i)).toList(), "base64");
                callers.add(threads.submit(() -> {
                    while (!enough.get()) {
                        client.send(job);
                        done.addAndGet((long) texts * length);
                    }
                    return null;
                }));
            }
            Thread.sleep(2000);
            var beside = ask(client);
            enough.set(true);
            for (var caller : callers) {
                caller.get();
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            row(table, "busy", beside, "%,.0f".formatted(done.get() / seconds));
            table.print(System.out);
        }
        return 0;
    }

    private Latencies ask(EmbeddingsClient client) throws Exception {
        var query = client.request(List.of(Samples.text(10, 0)), "float");
        var latencies = new Latencies();
        for (int i = 0; i < requests; i++) {
            long begin = System.nanoTime();
            client.send(query);
            latencies.add(System.nanoTime() - begin);
        }
        return latencies;
    }

    private static void row(Table table, String state, Latencies taken, String bulk) {
        table.row(state, taken.text(0.5), taken.text(0.9), taken.text(0.99), taken.text(1), bulk);
    }
}
