package ai.tutti.bench;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Precision;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

    @Option(names = "--clock", description = "wall or cpu: cpu for a machine that others use too (default: wall)")
    private Contest.Clock clock = Contest.Clock.WALL;

    @Option(names = "--exactness", description = "the cosine to the same text computed in f32, too")
    private boolean exactness;

    @Override
    public Integer call() throws Exception {
        try (var engine = flags.engine()) {
            System.out.println(Machine.describe(engine.cpu()));
            var loading = new Table("positions", "precision", "loaded in, s", "weights and filters", "anonymous with a text");
            var table = new Table(
                    "positions",
                    "tokens",
                    "seconds a text",
                    "a text alone",
                    "floor",
                    "of it products",
                    "transforms",
                    "times the floor",
                    "cosine to f32");
            for (int length : positions) {
                try (var folder = TemporaryFolder.create()) {
                    M2Folder.write(folder.path(), length, EngineFlags.bundled().path());
                    measure(engine, ModelFolder.open(folder.path()), length, loading, table);
                }
            }
            loading.print(System.out);
            table.print(System.out);
        }
        return 0;
    }

    private void measure(Engine engine, ModelFolder folder, int length, Table loading, Table table) throws Exception {
        var counts = Arrays.stream(tokens).filter(count -> count <= length).toArray();
        var exact = exactness ? exact(engine, folder, counts) : new float[counts.length][];
        long begin = clock.nanos();
        try (var model = flags.load(engine, folder)) {
            double seconds = (clock.nanos() - begin) / 1e9;
            run(model, texts(1, 50)); // compiles what is compiled
            run(model, texts(1, 50));
            double position = M2Floor.secondsAPosition(model.precision() == Precision.BF16 ? DType.BF16 : DType.F32, clock);
            System.out.printf(
                    "%,d positions: oneDNN's own products reach %,.0f GFLOP/s on a core%n", length, M2Floor.rate(position));
            for (int i = 0; i < counts.length; i++) {
                row(model, length, counts[i], position, exact[i], table);
            }
            loading.row(
                    "%,d".formatted(length),
                    model.precision().wireName(),
                    "%.1f".formatted(seconds),
                    Table.megabytes(model.weightBytes()),
                    Table.megabytes(Memory.ofThisProcess().anonymous()));
        }
    }

    private static float[][] exact(Engine engine, ModelFolder folder, int[] counts) throws Exception {
        try (var model = EmbeddingModel.load(engine, folder, new ModelOptions("f32", Precision.F32, null, null, Map.of()))) {
            var vectors = new float[counts.length][];
            for (int i = 0; i < counts.length; i++) {
                vectors[i] = run(model, texts(1, counts[i]));
            }
            return vectors;
        }
    }

    private void row(EmbeddingModel model, int length, int count, double position, float @Nullable [] exact, Table table)
            throws InterruptedException {
        var texts = texts(flags.threads(), count);
        double taken = median(model, texts) / (clock == Contest.Clock.CPU ? flags.threads() : 1);
        double floor = M2Floor.seconds(length, position);
        table.row(
                "%,d".formatted(length),
                "%,d".formatted(count),
                "%.3f".formatted(taken),
                flags.threads() > 1 ? "%.3f".formatted(median(model, texts(1, count))) : "",
                "%.3f".formatted(floor),
                "%.3f".formatted(M2Floor.products(length, position)),
                "%.3f".formatted(M2Floor.transforms(length)),
                "%.2f".formatted(taken / floor),
                exact == null ? "" : "1 - %.0e".formatted(1 - cosine(exact, run(model, texts(1, count)))));
    }

    private double median(EmbeddingModel model, List<int[]> texts) throws InterruptedException {
        var seconds = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            long begin = clock.nanos();
            run(model, texts);
            seconds[round] = (clock.nanos() - begin) / 1e9;
        }
        Arrays.sort(seconds);
        return seconds[rounds / 2];
    }

    /** As many texts at once as there are cores: what passes until all are there is a text's time on its core. */
    private static List<int[]> texts(int texts, int count) {
        return Samples.ids(texts, count);
    }

    /** The first text's vector. */
    private static float[] run(EmbeddingModel model, List<int[]> texts) throws InterruptedException {
        return model.vectors(model.acceptTokens(texts, EmbeddingOptions.DEFAULT))[0];
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(aa * bb);
    }
}
