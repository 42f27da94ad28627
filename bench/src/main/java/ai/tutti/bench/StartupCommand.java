package ai.tutti.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** From starting the distribution to its first answer that it is ready, and the memory that it then has. */
@Command(name = "startup", description = "seconds from start to ready, and resident memory, of the distribution's server")
final class StartupCommand implements Callable<Integer> {
    private static final int REQUESTS = 100;

    @Option(names = "--rounds", description = "how many starts (default: ${DEFAULT-VALUE})")
    private int rounds = 5;

    @Override
    public Integer call() throws Exception {
        System.out.println(Machine.describe("chosen by the server"));
        var seconds = new ArrayList<Double>();
        var table = new Table(
                "start",
                "ready after, s",
                "anonymous",
                "file",
                "resident",
                "after " + REQUESTS + " requests: anonymous",
                "file",
                "resident");
        for (int round = 1; round <= rounds; round++) {
            try (var server = DistributionServer.start();
                    var client = new EmbeddingsClient(server.port())) {
                var loaded = server.memory();
                var request = client.request(List.of(Samples.text(128, round)), "float");
                for (int i = 0; i < REQUESTS; i++) {
                    client.send(request);
                }
                var used = server.memory();
                seconds.add(server.untilReady().toMillis() / 1e3);
                table.row(
                        Integer.toString(round),
                        "%.2f".formatted(seconds.getLast()),
                        Table.megabytes(loaded.anonymous()),
                        Table.megabytes(loaded.file()),
                        Table.megabytes(loaded.all()),
                        Table.megabytes(used.anonymous()),
                        Table.megabytes(used.file()),
                        Table.megabytes(used.all()));
            }
        }
        table.print(System.out);
        Collections.sort(seconds);
        System.out.printf("median %.2f s%n", seconds.get(seconds.size() / 2));
        return 0;
    }
}
