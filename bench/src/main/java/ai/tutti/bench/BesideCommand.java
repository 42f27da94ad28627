package ai.tutti.bench;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.schedule.Lane;
import ai.tutti.engine.schedule.Terms;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Short queries in process, first on an idle engine, then beside long texts of another model that keep all cores busy. */
@Command(name = "beside", description = "a short query in process, on an idle engine and beside long texts of a larger model")
final class BesideCommand implements Callable<Integer> {
    private static final int QUERY_TOKENS = 10;

    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Option(names = "--shape", description = "of the larger model: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private Shape shape = Shape.LARGE;

    @Option(names = "--m2", description = "longest texts of M2-BERT's shape, in place of --shape (default: none)")
    private int m2;

    @Option(names = "--length", description = "tokens of each long text (default: ${DEFAULT-VALUE})")
    private int length = 512;

    @Option(names = "--requests", description = "queries that count (default: ${DEFAULT-VALUE})")
    private int requests = 200;

    @Override
    public Integer call() throws Exception {
        try (var engine = flags.engine();
                var folder = TemporaryFolder.create();
                var queries = flags.load(engine, EngineFlags.bundled())) {
            System.out.println(Machine.describe(engine.cpu()));
            if (m2 > 0) {
                M2Folder.write(folder.path(), m2, EngineFlags.bundled().path());
            } else {
                ShapeFolder.write(folder.path(), shape.sizes(), Map.of(), EngineFlags.bundled().path());
            }
            try (var larger = flags.load(engine, ModelFolder.open(folder.path()))) {
                measure(engine, queries, larger);
            }
        }
        return 0;
    }

    private void measure(Engine engine, EmbeddingModel queries, EmbeddingModel larger) throws Exception {
        var table = new Table("engine", "p50, ms", "p90, ms", "p99, ms", "longest, ms", "bulk tokens/s");
        ask(queries); // warms up
        row(table, "idle", ask(queries), "");
        var enough = new AtomicBoolean();
        var done = new AtomicLong();
        var seeds = new AtomicInteger();
        long begin = System.nanoTime();
        var bulk = Thread.ofVirtual().start(() -> {
            while (!enough.get()) {
                var texts = Samples.ids(2 * flags.threads(), length, seeds.incrementAndGet());
                var tokens = larger.acceptTokens(texts, EmbeddingOptions.DEFAULT);
                try (var stream = larger.embed(tokens, Terms.DEFAULT.withLane(Lane.BULK))) {
                    while (!enough.get() && stream.next() != null) {
                        done.addAndGet(length);
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        while (engine.load().busyWorkers() < flags.threads()) {
            Thread.onSpinWait();
        }
        var beside = ask(queries);
        double seconds = (System.nanoTime() - begin) / 1e9;
        enough.set(true);
        bulk.join();
        row(table, "busy", beside, "%,.0f".formatted(done.get() / seconds));
        table.print(System.out);
    }

    private Latencies ask(EmbeddingModel model) throws InterruptedException {
        var latencies = new Latencies();
        for (int i = 0; i < requests; i++) {
            var text = model.acceptTokens(Samples.ids(1, QUERY_TOKENS), EmbeddingOptions.DEFAULT);
            long begin = System.nanoTime();
            model.vectors(text);
            latencies.add(System.nanoTime() - begin);
            Thread.sleep(5);
        }
        return latencies;
    }

    private static void row(Table table, String state, Latencies taken, String bulk) {
        table.row(state, taken.text(0.5), taken.text(0.9), taken.text(0.99), taken.text(1), bulk);
    }
}
