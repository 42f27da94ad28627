package ai.tutti.bench;

import ai.tutti.bench.Contest.Work;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.checkpoint.ModelFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One text at a time on an otherwise idle engine: what a second core is worth to it. */
@Command(name = "alone", description = "one text at a time: milliseconds on one core, and parted between --threads cores")
final class AloneCommand implements Callable<Integer> {
    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Mixin
    private final ContestFlags time = new ContestFlags();

    @Option(names = "--shape", split = ",", description = "${COMPLETION-CANDIDATES} (default: small,base,large)")
    private Shape[] shapes = {Shape.SMALL, Shape.BASE, Shape.LARGE};

    @Option(names = "--m2", split = ",", description = "longest texts of M2-BERT's shapes, too (default: none)")
    private int[] m2 = {};

    @Option(names = "--length", split = ",", description = "tokens a text (default: 16,64,128,256,512)")
    private int[] lengths = {16, 64, 128, 256, 512};

    @Override
    public Integer call() throws Exception {
        try (var one = Engine.create(new Engine.Settings(1, Engine.Settings.DEFAULT.queueTokens()));
                var all = flags.engine()) {
            System.out.println(Machine.describe(all.cpu()));
            var table = new Table(
                    "shape",
                    "tokens",
                    "one core, ms",
                    "%d cores, ms".formatted(flags.threads()),
                    "times as fast");
            for (var shape : shapes) {
                try (var folder = TemporaryFolder.create()) {
                    ShapeFolder.write(folder.path(), shape.sizes(), Map.of(), EngineFlags.bundled().path());
                    measure(shape.toString(), folder.path(), one, all, table, lengths);
                }
            }
            for (int positions : m2) {
                try (var folder = TemporaryFolder.create()) {
                    M2Folder.write(folder.path(), positions, EngineFlags.bundled().path());
                    measure("m2 " + positions, folder.path(), one, all, table, 500);
                }
            }
            table.print(System.out);
        }
        return 0;
    }

    private void measure(String shape, Path folder, Engine one, Engine all, Table table, int... lengths) throws Exception {
        try (var alone = flags.load(one, ModelFolder.open(folder));
                var parted = flags.load(all, ModelFolder.open(folder))) {
            var contestants = new ArrayList<Work>();
            for (int length : lengths) {
                contestants.add(one(alone, length));
                contestants.add(one(parted, length));
            }
            var rates = time.contest().run(contestants);
            for (int i = 0; i < lengths.length; i++) {
                double first = 1000 / rates.get(2 * i).median();
                double second = 1000 / rates.get(2 * i + 1).median();
                table.row(
                        shape,
                        Integer.toString(lengths[i]),
                        "%.2f".formatted(first),
                        "%.2f".formatted(second),
                        "%.2f".formatted(first / second));
            }
        }
    }

    /** One text a call; the rate is of texts. */
    private static Work one(EmbeddingModel model, int length) {
        List<int[]> text = Samples.ids(1, length);
        return () -> {
            model.vectors(model.acceptTokens(text, EmbeddingOptions.DEFAULT));
            return 1;
        };
    }
}
