package ai.tutti.bench;

import ai.tutti.bench.Contest.Work;
import ai.tutti.engine.EmbeddingOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Texts of all lengths in one call, as they arrive. */
@Command(name = "mixed", description = "the same with texts of all lengths; ONNX Runtime also gets them sorted by length")
final class MixedCommand implements Callable<Integer> {
    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Option(names = "--texts", description = "how many texts (default: ${DEFAULT-VALUE})")
    private int count = 96;

    @Option(names = "--batch", description = "ONNX Runtime's batch size (default: ${DEFAULT-VALUE})")
    private int batch = 4;

    @Option(names = "--rounds", description = "turns of each side, of which the median counts (default: ${DEFAULT-VALUE})")
    private int rounds = 3;

    @Override
    public Integer call() throws Exception {
        var folder = EngineFlags.bundled();
        var texts = Samples.heavyTailed(count);
        try (var engine = flags.engine();
                var model = flags.load(engine, folder);
                var other = new OnnxRuntime(folder.path(), flags.threads())) {
            System.out.println(Machine.describe(engine.cpu()));
            System.out.println(describe(texts));
            var contestants = List.<Work>of(
                    () -> tokens(texts, model.vectors(model.acceptTokens(texts, EmbeddingOptions.DEFAULT))),
                    () -> tokens(texts, other.vectorsSorted(texts, batch)),
                    () -> tokens(texts, other.vectors(texts, batch)),
                    () -> tokens(texts, other.vectors(texts, 1)));
            var names = List.of(
                    "Tutti " + model.precision().wireName() + ", as they arrive",
                    "ONNX Runtime f32, sorted by length, batches of " + batch,
                    "ONNX Runtime f32, as they arrive, batches of " + batch,
                    "ONNX Runtime f32, one at a time");
            var rates = new Contest(rounds, Duration.ofMillis(1), Contest.Clock.WALL).run(contestants);
            var table = new Table("what", "tokens/s", "Tutti is so many times as fast");
            for (int i = 0; i < names.size(); i++) {
                table.row(names.get(i), Table.rate(rates.get(i)), Table.ratio(rates.get(0), rates.get(i)));
            }
            table.print(System.out);
        }
        return 0;
    }

    private static long tokens(List<int[]> texts, float[][] vectors) {
        if (vectors.length != texts.size()) {
            throw new IllegalStateException(vectors.length + " vectors for " + texts.size() + " texts");
        }
        return Samples.tokens(texts);
    }

    private static String describe(List<int[]> texts) {
        var lengths = texts.stream().mapToInt(ids -> ids.length).sorted().toArray();
        return "%d texts: median %d tokens, mean %d, a tenth longer than %d, longest %d"
                .formatted(
                        lengths.length,
                        lengths[lengths.length / 2],
                        Samples.tokens(texts) / lengths.length,
                        lengths[lengths.length * 9 / 10],
                        lengths[lengths.length - 1]);
    }
}
