package ai.tutti.hub;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.tensor.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same text gives the same bits alone, in any batch, beside any neighbour, on every worker; under every instruction set. */
@Tag("reference")
final class BatchInvarianceTest {
    private static final int[] LENGTHS = {2, 3, 10, 15, 16, 17, 31, 33, 64, 100, 127, 128, 129, 200, 255, 257, 300, 400, 511, 512};

    @ParameterizedTest
    @EnumSource(Precision.class)
    void theSameBitsEverywhere(Precision precision) throws Exception {
        try (var engine = Engine.create(new Engine.Settings(3, 10_000_000))) {
            org.junit.jupiter.api.Assumptions.assumeTrue(
                    engine.supportedPrecisions().contains(precision), "this instruction set has no " + precision);
            var options = new ModelOptions(Hub.BUNDLED, precision, null, null, Map.of());
            var folder = Hub.resolve(ModelSpec.parse(Hub.BUNDLED)).folder();
            try (var model = EmbeddingModel.load(engine, folder, options)) {
                var random = new Random(7);
                var texts = new ArrayList<int[]>();
                for (int length : LENGTHS) {
                    texts.add(text(random, length));
                }
                var alone = new ArrayList<float[]>();
                for (var text : texts) {
                    alone.add(vectors(model, List.of(text))[0]);
                }
                boolean older = SampleTexts.asOnAnOlderCpu(); // which takes several times as long
                for (int size : older ? new int[] {2, 5, 16} : new int[] {2, 3, 5, 8, 16, 64}) {
                    check(model, random, texts, alone, size);
                }
                try (var callers = Executors.newFixedThreadPool(4)) {
                    var checks = new ArrayList<Callable<Boolean>>();
                    for (int caller = 0; caller < 4; caller++) {
                        var own = new Random(caller);
                        checks.add(() -> {
                            for (int i = 0; i < (older ? 1 : 2); i++) {
                                check(model, own, texts, alone, 2 + own.nextInt(8));
                            }
                            return true;
                        });
                    }
                    for (var done : callers.invokeAll(checks)) {
                        assertThat(done.get()).isTrue();
                    }
                }
            }
        }
    }

    /** A batch of the known texts and of strangers of any length, in any order. */
    private static void check(EmbeddingModel model, Random random, List<int[]> texts, List<float[]> alone, int size)
            throws InterruptedException {
        var batch = new ArrayList<int[]>();
        var known = new int[size];
        for (int i = 0; i < size; i++) {
            known[i] = random.nextInt(texts.size() * 2);
            batch.add(known[i] < texts.size() ? texts.get(known[i]) : text(random, stranger(random)));
        }
        var vectors = vectors(model, batch);
        for (int i = 0; i < size; i++) {
            if (known[i] < texts.size()) {
                assertThat(vectors[i])
                        .as("%d tokens at place %d of %d", batch.get(i).length, i, size)
                        .isEqualTo(alone.get(known[i]));
            }
        }
    }

    /** Mostly short, up to the model's limit. */
    private static int stranger(Random random) {
        double share = random.nextDouble();
        return 1 + (int) (511 * share * share * share);
    }

    private static float[][] vectors(EmbeddingModel model, List<int[]> ids) throws InterruptedException {
        return model.vectors(model.acceptTokens(ids, EmbeddingOptions.DEFAULT));
    }

    private static int[] text(Random random, int length) {
        return random.ints(length, 1000, 30_000).toArray();
    }
}
