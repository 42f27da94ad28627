package ai.tutti.bench;

import ai.tutti.bench.Contest.Work;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelSize;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Decoders at their published shapes with random weights, beside oneDNN's bare products of the same shapes. */
@Command(name = "decoder", description = "load time, memory and speed of decoders' shapes, random weights")
final class DecoderCommand implements Callable<Integer> {
    /** Tokens in one call, a core, of texts that are no longer. */
    private static final int CALL = 512;
    /** Longer texts are computed once. */
    private static final int LONG = 4096;

    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Mixin
    private final ContestFlags time = new ContestFlags();

    @Option(names = "--shape", description = "qwen3_0_6b, mxbai_large_v2 or e5_mistral (default: ${DEFAULT-VALUE})")
    private Shape shape = Shape.QWEN3_0_6B;

    @Option(names = "--layers", description = "how many layers (default: the shape's own)")
    private int layers;

    @Option(names = "--lengths", split = ",", description = "tokens a text (default: 128,512,4096)")
    private int[] lengths = {128, 512, 4096};

    @Option(names = "--folder", description = "where the weights are, or are written, and stay (default: a temporary folder)")
    private @Nullable Path folder;

    @Override
    public Integer call() throws Exception {
        var sizes = layers == 0 ? shape.sizes() : shape.sizes().withLayers(layers);
        try (var temporary = TemporaryFolder.create();
                var engine = flags.engine()) {
            System.out.println(Machine.describe(engine.cpu()));
            measure(engine, sizes, ModelFolder.open(written(sizes, temporary.path())));
        }
        return 0;
    }

    private Path written(Shape.Sizes sizes, Path temporary) throws IOException {
        var place = folder == null ? temporary : folder;
        if (!Files.exists(place.resolve("config.json"))) {
            ShapeFolder.write(place, sizes, Map.of(), EngineFlags.bundled().path());
        }
        return place;
    }

    private void measure(Engine engine, Shape.Sizes sizes, ModelFolder files) throws Exception {
        long before = Memory.ofThisProcess().anonymous();
        long begin = System.nanoTime();
        try (var model = flags.load(engine, files)) {
            double seconds = (System.nanoTime() - begin) / 1e9;
            long peak = Memory.peakOfThisProcess();
            var loaded = Memory.ofThisProcess();
            var precision = model.precision();
            var rates = rates(model, sizes, engine.autoPrecision());
            var loading = new Table(
                    "layers", "precision", "loaded in, s", "estimate", "weights", "anonymous before", "anonymous with it",
                    "most resident while loading");
            loading.row(
                    Integer.toString(sizes.layers()),
                    precision.wireName(),
                    "%.1f".formatted(seconds),
                    Table.megabytes(ModelSize.estimate(files, precision)),
                    Table.megabytes(model.weightBytes()),
                    Table.megabytes(before),
                    Table.megabytes(loaded.anonymous()),
                    Table.megabytes(peak));
            loading.print(System.out);
            rates.print(System.out);
            for (int length : Arrays.stream(lengths).filter(length -> length > LONG).toArray()) {
                Memory.forgetPeak();
                long start = System.nanoTime();
                work(model, length).run();
                System.out.printf(
                        "%,d tokens in one text: %.1f s, at most %s resident%n",
                        length, (System.nanoTime() - start) / 1e9, Table.megabytes(Memory.peakOfThisProcess()));
            }
        }
    }

    private Table rates(EmbeddingModel model, Shape.Sizes sizes, Precision auto) throws Exception {
        var precision = model.precision() == Precision.INT8 ? auto : model.precision();
        var measured = Arrays.stream(lengths).filter(length -> length <= LONG).toArray();
        try (var products =
                new DecoderProducts(sizes, precision == Precision.BF16 ? DType.BF16 : DType.F32, flags.threads())) {
            var contestants = new ArrayList<Work>(List.of(products));
            for (int length : measured) {
                contestants.add(work(model, length));
            }
            var rates = time.contest().run(contestants);
            var table = new Table("tokens a text", "tokens per second", "of oneDNN's own products");
            double bound = rates.getFirst().median() / products.layers(sizes.layers());
            double operations = rates.getFirst().median() * products.operations();
            table.row("bare products", "%,.1f".formatted(bound), "%,.0f GFLOP/s".formatted(operations / 1e9));
            for (int i = 0; i < measured.length; i++) {
                var rate = rates.get(i + 1);
                table.row(
                        "%,d".formatted(measured[i]),
                        "%,.1f (%,.1f to %,.1f)".formatted(rate.median(), rate.least(), rate.most()),
                        "%.0f %%".formatted(100 * rate.median() / bound));
            }
            return table;
        }
    }

    private Work work(EmbeddingModel model, int length) {
        var texts = Samples.ids(Math.max(1, CALL / length) * flags.threads(), length);
        return () -> {
            model.vectors(model.acceptTokens(texts, EmbeddingOptions.DEFAULT));
            return Samples.tokens(texts);
        };
    }
}
