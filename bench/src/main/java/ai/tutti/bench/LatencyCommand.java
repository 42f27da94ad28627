package ai.tutti.bench;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One short text at a time on one connection, to the distribution's server, which does nothing else. */
@Command(name = "latency", description = "one short text over HTTP on an idle server: how long its answer takes")
final class LatencyCommand implements Callable<Integer> {
    @Option(names = "--requests", description = "how many count (default: ${DEFAULT-VALUE})")
    private int requests = 1000;

    @Option(names = "--length", description = "tokens of the text (default: ${DEFAULT-VALUE})")
    private int length = 10;

    @Override
    public Integer call() throws Exception {
        try (var server = DistributionServer.start();
                var client = new EmbeddingsClient(server.port())) {
            System.out.println(Machine.describe("chosen by the server"));
            var table = new Table("tokens", "requests", "p50, ms", "p90, ms", "p99, ms", "longest, ms");
            var request = client.request(List.of(Samples.text(length, 0)), "float");
            var latencies = new Latencies();
            for (int i = -requests; i < requests; i++) { // the first half warms up
                long begin = System.nanoTime();
                client.send(request);
                if (i >= 0) {
                    latencies.add(System.nanoTime() - begin);
                }
            }
            table.row(
                    Integer.toString(length),
                    Integer.toString(requests),
                    latencies.text(0.5),
                    latencies.text(0.9),
                    latencies.text(0.99),
                    latencies.text(1));
            table.print(System.out);
        }
        return 0;
    }
}
