package ai.tutti.bench;

import ai.tutti.bench.Contest.Work;
import ai.tutti.engine.EmbeddingModel;
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

/** How many tokens are best computed together: the speed of a model by the size of a tile, for texts of several lengths. */
@Command(name = "tile", description = "tokens per second over the size of a tile, by the texts' length")
final class TileCommand implements Callable<Integer> {
    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Mixin
    private final ContestFlags time = new ContestFlags();

    @Option(names = "--shape", split = ",", description = "${COMPLETION-CANDIDATES} (default: small,base)")
    private Shape[] shapes = {Shape.SMALL, Shape.BASE};

    @Option(names = "--tile", split = ",", description = "tokens (default: 64,128,256,512,1024,2048,4096)")
    private int[] tiles = {64, 128, 256, 512, 1024, 2048, 4096};

    @Option(names = "--length", split = ",", description = "tokens a text (default: 16,128,512)")
    private int[] lengths = {16, 128, 512};

    @Override
    public Integer call() throws Exception {
        for (var shape : shapes) {
            try (var folder = TemporaryFolder.create()) {
                ShapeFolder.write(folder.path(), shape.sizes(), Map.of(), EngineFlags.bundled().path());
                measure(shape, ModelFolder.open(folder.path()));
            }
        }
        return 0;
    }

    private void measure(Shape shape, ModelFolder folder) throws Exception {
        var engines = new ArrayList<Engine>();
        var models = new ArrayList<EmbeddingModel>();
        try {
            for (int tile : tiles) {
                var usual = Engine.Settings.DEFAULT;
                var engine = Engine.create(new Engine.Settings(flags.threads(), usual.queueTokens(), 0, tile));
                engines.add(engine);
                models.add(flags.load(engine, folder));
            }
            System.out.println(Machine.describe(engines.getFirst().cpu()));
            var table = new Table(shape + ", tokens a tile", "tokens a text", "tokens/s", "of the best");
            for (int length : lengths) {
                var works = new ArrayList<Work>();
                for (int i = 0; i < tiles.length; i++) {
                    works.add(work(models.get(i), Math.max(tiles[i], length), length));
                }
                var rates = time.contest().run(works);
                double best = rates.stream().mapToDouble(Contest.Rate::median).max().orElseThrow();
                for (int i = 0; i < tiles.length; i++) {
                    table.row(
                            Integer.toString(tiles[i]),
                            Integer.toString(length),
                            Table.rate(rates.get(i)),
                            "%.0f %%".formatted(100 * rates.get(i).median() / best));
                }
            }
            table.print(System.out);
        } finally {
            models.forEach(EmbeddingModel::close);
            engines.forEach(Engine::close);
        }
    }

    /** Some whole tiles for each core. */
    private Work work(EmbeddingModel model, int tile, int length) {
        List<int[]> texts = Samples.ids(Math.max(4096, 2 * tile) / length * flags.threads(), length);
        return () -> {
            model.vectors(model.acceptTokens(texts, EmbeddingOptions.DEFAULT));
            return Samples.tokens(texts);
        };
    }
}
