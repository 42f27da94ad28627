package ai.tutti.bench;

import ai.tutti.bench.Contest.Work;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.checkpoint.ModelFolder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What a token costs in texts of growing length, in layers that see a window and in layers that see the whole text: two
 * models of gte-modernbert-base's width, one of each kind of layer.
 */
@Command(name = "window", description = "time per token of ModernBERT's local and global layers from 1k to 8k tokens")
final class WindowCommand implements Callable<Integer> {
    private static final int LAYERS = 6;

    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Mixin
    private final ContestFlags time = new ContestFlags();

    @Option(names = "--length", split = ",", description = "tokens a text (default: 256,512,1024,2048,4096,8192)")
    private int[] lengths = {256, 512, 1024, 2048, 4096, 8192};

    @Override
    public Integer call() throws Exception {
        try (var engine = flags.engine();
                var local = TemporaryFolder.create();
                var global = TemporaryFolder.create()) {
            System.out.println(Machine.describe(engine.cpu()));
            write(local.path(), "sliding_attention");
            write(global.path(), "full_attention");
            try (var windows = flags.load(engine, ModelFolder.open(local.path()));
                    var wholes = flags.load(engine, ModelFolder.open(global.path()))) {
                var table = new Table(
                        "tokens a text",
                        "local layer, us/token",
                        "global layer, us/token",
                        "precision %s, %d layers".formatted(windows.precision().wireName(), LAYERS));
                for (int length : lengths) {
                    var rates = time.contest().run(List.of(work(windows, length), work(wholes, length)));
                    table.row(Integer.toString(length), micros(rates.get(0)), micros(rates.get(1)), "");
                }
                table.print(System.out);
            }
        }
        return 0;
    }

    private static void write(Path folder, String layerType) throws Exception {
        var sizes = Shape.MODERNBERT_BASE.sizes().withLayers(LAYERS);
        var types = Map.of("layer_types", Collections.nCopies(LAYERS, layerType));
        ShapeFolder.write(folder, sizes, types, EngineFlags.bundled().path());
    }

    private Work work(EmbeddingModel model, int length) {
        var texts = Samples.ids(Math.max(1, 2048 / length) * flags.threads(), length);
        return () -> {
            model.vectors(model.acceptTokens(texts, EmbeddingOptions.DEFAULT));
            return Samples.tokens(texts);
        };
    }

    /** Of one core. */
    private String micros(Contest.Rate rate) {
        return "%.2f".formatted(1e6 * flags.threads() / rate.median() / LAYERS);
    }
}
