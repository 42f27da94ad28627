package ai.tutti.bench;

import ai.tutti.bench.Contest.Work;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.RerankModel;
import ai.tutti.engine.RerankOptions;
import ai.tutti.engine.RerankPrompt;
import ai.tutti.engine.checkpoint.ModelFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What a rerank call saves when its documents share one pass over prompt and query: the call, beside the same model's vectors of
 * texts that are as long as prompt, query and document together, which is the work of the plain way.
 */
@Command(name = "prefix", description = "what the documents of a rerank call save by sharing the prompt and the query")
final class PrefixCommand implements Callable<Integer> {
    /** Tokens that all documents share, and of each document with what stands behind it. */
    private static final int SHARED = 200;

    private static final int OWN = 100;

    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Mixin
    private final ContestFlags time = new ContestFlags();

    @Option(names = "--shape", description = "qwen3_0_6b or mxbai_large_v2 (default: ${DEFAULT-VALUE})")
    private Shape shape = Shape.QWEN3_0_6B;

    @Option(names = "--layers", description = "how many layers (default: ${DEFAULT-VALUE})")
    private int layers = 4;

    @Option(names = "--documents", split = ",", description = "documents a call (default: 20,100,1000)")
    private int[] documents = {20, 100, 1000};

    @Override
    public Integer call() throws Exception {
        try (var engine = flags.engine();
                var folder = TemporaryFolder.create()) {
            System.out.println(Machine.describe(engine.cpu()));
            ShapeFolder.write(
                    folder.path(), shape.sizes().withLayers(layers), Map.of("tie_word_embeddings", true), EngineFlags.bundled().path());
            try (var plain = flags.load(engine, ModelFolder.open(folder.path()));
                    var reranker = reranker(engine, folder.path())) {
                measure(plain, reranker);
            }
        }
        return 0;
    }

    private RerankModel reranker(Engine engine, Path folder) {
        var options = new ModelOptions("shape", flags.arithmetic().precision(), null, null, Map.of());
        var prompt = RerankPrompt.custom(
                Samples.text(SHARED / 2 + 2, 1),
                "{query}",
                " {document}",
                "answer",
                null,
                new RerankPrompt.Answer.Words("yes", "no"));
        return RerankModel.load(engine, ModelFolder.open(folder), options.withTemplate(prompt));
    }

    private void measure(EmbeddingModel plain, RerankModel reranker) throws Exception {
        var table = new Table(
                "documents",
                "plain, documents a second",
                "shared, documents a second",
                "time saved",
                "at best",
                "of what could be saved",
                "precision %s, %d layers".formatted(plain.precision().wireName(), layers));
        for (int count : documents) {
            var rates = time.contest().run(List.of(plain(plain, count), shared(reranker, count)));
            double saved = 1 - rates.get(0).median() / rates.get(1).median();
            double best = 1 - (SHARED + (double) OWN * count) / ((SHARED + OWN) * (double) count);
            table.row(
                    Integer.toString(count),
                    "%.1f".formatted(rates.get(0).median()),
                    "%.1f".formatted(rates.get(1).median()),
                    "%.1f %%".formatted(100 * saved),
                    "%.1f %%".formatted(100 * best),
                    "%.0f %%".formatted(100 * saved / best),
                    "");
        }
        table.print(System.out);
    }

    private static Work plain(EmbeddingModel model, int count) {
        var texts = Samples.ids(count, SHARED + OWN);
        return () -> {
            model.vectors(model.acceptTokens(texts, EmbeddingOptions.DEFAULT));
            return count;
        };
    }

    private static Work shared(RerankModel model, int count) throws InterruptedException {
        var query = Samples.text(SHARED / 2 + 2, 2);
        var texts = Samples.texts(count, OWN - 1 + 2);
        long tokens = model.score(query, texts, RerankOptions.DEFAULT).tokens();
        if (tokens != (long) count * (SHARED + OWN)) {
            throw new IllegalStateException("%d tokens in %d documents".formatted(tokens, count));
        }
        return () -> {
            model.score(query, texts, RerankOptions.DEFAULT);
            return count;
        };
    }
}
