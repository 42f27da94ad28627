package ai.tutti.bench;

import ai.tutti.bench.Contest.Work;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.checkpoint.ModelFolder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Larger models whose real weights are not at hand: the speed and memory of their shapes, with random weights. */
@Command(name = "shape", description = "load time, memory and speed of published models' shapes, random weights")
final class ShapeCommand implements Callable<Integer> {
    private static final int[] LENGTHS = {128, 512};
    /** Tokens in one call. */
    private static final int CALL = 2048;

    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Mixin
    private final ContestFlags time = new ContestFlags();

    @Option(names = "--shape", split = ",", description = "${COMPLETION-CANDIDATES} (default: base,large)")
    private Shape[] shapes = {Shape.BASE, Shape.LARGE};

    @Override
    public Integer call() throws Exception {
        try (var engine = flags.engine()) {
            System.out.println(Machine.describe(engine.cpu()));
            var table = new Table(
                    "shape",
                    "precision",
                    "loaded in, s",
                    "weights",
                    "anonymous before",
                    "anonymous with it",
                    "128 tokens, tokens/s",
                    "512 tokens, tokens/s");
            for (var shape : shapes) {
                measure(engine, shape, table);
            }
            table.print(System.out);
        }
        return 0;
    }

    private void measure(Engine engine, Shape shape, Table table) throws Exception {
        try (var folder = TemporaryFolder.create()) {
            ShapeFolder.write(folder.path(), shape.sizes(), Map.of(), EngineFlags.bundled().path());
            var before = Memory.ofThisProcess();
            long begin = System.nanoTime();
            try (var model = flags.load(engine, ModelFolder.open(folder.path()))) {
                double seconds = (System.nanoTime() - begin) / 1e9;
                var loaded = Memory.ofThisProcess();
                var contestants = new ArrayList<Work>();
                for (int length : LENGTHS) {
                    var texts = Samples.ids(CALL / length * flags.threads(), length);
                    contestants.add(() -> {
                        model.vectors(model.acceptTokens(texts, EmbeddingOptions.DEFAULT));
                        return Samples.tokens(texts);
                    });
                }
                List<Contest.Rate> rates = time.contest().run(contestants);
                table.row(
                        shape.toString(),
                        model.precision().wireName(),
                        "%.1f".formatted(seconds),
                        Table.megabytes(model.weightBytes()),
                        Table.megabytes(before.anonymous()),
                        Table.megabytes(loaded.anonymous()),
                        Table.rate(rates.get(0)),
                        Table.rate(rates.get(1)));
            }
        }
    }
}
