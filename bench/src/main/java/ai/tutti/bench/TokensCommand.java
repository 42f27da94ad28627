package ai.tutti.bench;

import ai.tutti.bench.Contest.Work;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.nn.Vectors;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Token ids in, vectors out, texts of one length at a time. */
@Command(name = "tokens", description = "bge-small in process against ONNX Runtime on the same file, texts of equal length")
final class TokensCommand implements Callable<Integer> {
    private static final int[] BATCHES = {1, 4, 8, 16, 32};
    /** Tokens that Tutti gets in one call. */
    private static final int CALL = 4096;

    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Mixin
    private final ContestFlags time = new ContestFlags();

    @Option(names = "--length", split = ",", description = "tokens a text (default: 16,128,512)")
    private int[] lengths = {16, 128, 512};

    @Override
    public Integer call() throws Exception {
        var folder = EngineFlags.bundled();
        try (var engine = flags.engine();
                var model = flags.load(engine, folder);
                var other = new OnnxRuntime(folder.path(), flags.threads())) {
            System.out.println(Machine.describe(engine.cpu()));
            var table = new Table(
                    "tokens a text",
                    "Tutti %s, tokens/s".formatted(model.precision().wireName()),
                    "ONNX Runtime f32, tokens/s",
                    "its batch",
                    "ratio",
                    "least cosine");
            for (int length : lengths) {
                var texts = Samples.ids(Math.max(1, CALL / length) * flags.threads(), length);
                int batch = bestBatch(other, length);
                var batchTexts = Samples.ids(batch, length);
                Work ours = () -> {
                    model.vectors(model.acceptTokens(texts, EmbeddingOptions.DEFAULT));
                    return Samples.tokens(texts);
                };
                Work theirs = () -> {
                    other.vectors(batchTexts, batch);
                    return Samples.tokens(batchTexts);
                };
                var rates = time.contest().run(List.of(ours, theirs));
                table.row(
                        Integer.toString(length),
                        Table.rate(rates.get(0)),
                        Table.rate(rates.get(1)),
                        Integer.toString(batch),
                        Table.ratio(rates.get(0), rates.get(1)),
                        "%.6f"
                                .formatted(leastCosine(
                                        model.vectors(model.acceptTokens(batchTexts, EmbeddingOptions.DEFAULT)),
                                        other.vectors(batchTexts, batch))));
            }
            table.print(System.out);
        }
        return 0;
    }

    /** The batch size at which ONNX Runtime is fastest for this length. */
    private static int bestBatch(OnnxRuntime other, int length) throws Exception {
        int best = 1;
        double bestRate = 0;
        for (int batch : BATCHES) {
            var texts = Samples.ids(batch, length);
            double rate = Contest.tokensPerSecond(
                    () -> {
                        other.vectors(texts, texts.size());
                        return Samples.tokens(texts);
                    },
                    Duration.ofMillis(500));
            if (rate > bestRate) {
                bestRate = rate;
                best = batch;
            }
        }
        return best;
    }

    static double leastCosine(float[][] ours, float[][] theirs) {
        double least = 1;
        for (int i = 0; i < ours.length; i++) {
            least = Math.min(least, Vectors.cosine(ours[i], theirs[i]));
        }
        return least;
    }
}
