package ai.tutti.bench;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Precision;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** M2-BERT at its published shapes with random weights, beside the least that its arithmetic costs. */
@Command(name = "m2", description = "load time, memory and seconds a text of M2-BERT's shapes, random weights")
final class M2Command implements Callable<Integer> {
    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Option(names = "--positions", split = ",", description = "longest texts (default: 2048,8192)")
    private int[] positions = {2048, 8192};

    @Option(names = "--tokens", split = ",", description = "tokens a text (default: 50,500,5000,30000, where they fit)")
    private int[] tokens = {50, 500, 5000, 30_000};

    @Option(names = "--rounds", description = "rounds, of which the median counts (default: ${DEFAULT-VALUE})")
    private int rounds = 5;

    @Override
    public Integer call() throws Exception {
        try (var engine = flags.engine()) {
            System.out.println(Machine.describe(engine.cpu()));
            var loading = new Table("positions", "precision", "loaded in, s", "weights and filters", "anonymous with a text");
            var table = new Table(
                    "positions", "tokens", "seconds a text", "floor", "of it products", "transforms", "times the floor");
            for (int length : positions) {
                measure(engine, length, loading, table);
            }
            loading.print(System.out);
            table.print(System.out);
        }
        return 0;
    }

    private void measure(Engine engine, int length, Table loading, Table table) throws Exception {
        try (var folder = TemporaryFolder.create()) {
            M2Folder.write(folder.path(), length, EngineFlags.bundled().path());
            long begin = System.nanoTime();
            try (var model = flags.load(engine, ModelFolder.open(folder.path()))) {
                double seconds = (System.nanoTime() - begin) / 1e9;
                run(model, 50); // compiles what is compiled
                run(model, 50);
                double position = M2Floor.secondsAPosition(model.precision() == Precision.BF16 ? DType.BF16 : DType.F32);
                System.out.printf(
                        "%,d positions: oneDNN's own products reach %,.0f GFLOP/s on a core%n", length, M2Floor.rate(position));
                for (int count : tokens) {
                    if (count <= length) {
                        row(model, length, count, position, table);
                    }
                }
                loading.row(
                        "%,d".formatted(length),
                        model.precision().wireName(),
                        "%.1f".formatted(seconds),
                        Table.megabytes(model.weightBytes()),
                        Table.megabytes(Memory.ofThisProcess().anonymous()));
            }
        }
    }

    private void row(EmbeddingModel model, int length, int count, double position, Table table) throws InterruptedException {
        double taken = median(model, count);
        double floor = M2Floor.seconds(length, position);
        table.row(
                "%,d".formatted(length),
                "%,d".formatted(count),
                "%.3f".formatted(taken),
                "%.3f".formatted(floor),
                "%.3f".formatted(M2Floor.products(length, position)),
                "%.3f".formatted(M2Floor.transforms(length)),
                "%.2f".formatted(taken / floor));
    }

    private double median(EmbeddingModel model, int count) throws InterruptedException {
        var seconds = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            seconds[round] = run(model, count);
        }
        Arrays.sort(seconds);
        return seconds[rounds / 2];
    }

    /** As many texts at once as there are cores: seconds until all are there, that is a text's on its core. */
    private double run(EmbeddingModel model, int count) throws InterruptedException {
        var texts = Samples.ids(flags.threads(), count);
        long begin = System.nanoTime();
        model.vectors(model.acceptTokens(texts, EmbeddingOptions.DEFAULT));
        return (System.nanoTime() - begin) / 1e9;
    }
}
