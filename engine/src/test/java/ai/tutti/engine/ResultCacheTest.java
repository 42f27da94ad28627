package ai.tutti.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.schedule.TileRunner;
import ai.tutti.engine.tensor.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Results that are kept for those who ask again. */
@Timeout(60)
final class ResultCacheTest {
    private static final int DIMENSIONS = 32;

    private static Engine engine(long cacheBytes) {
        return Engine.create(new Engine.Settings(1, 10_000, cacheBytes));
    }

    private static EmbeddingModel load(Engine engine) {
        var options = new ModelOptions("tiny", Precision.F32, null, null, Map.of());
        return EmbeddingModel.load(engine, ModelFolder.open(Fixtures.folder("bge")), options);
    }

    private static TokenizedTexts texts(EmbeddingModel model, int... ids) {
        var texts = new ArrayList<int[]>();
        for (int id : ids) {
            texts.add(new int[] {101, id, 102});
        }
        return model.acceptTokens(texts, EmbeddingOptions.DEFAULT);
    }

    @Test
    void whatWasComputedComesOutAgainBitByBitAndTakesNoRoom() throws Exception {
        try (var engine = engine(1 << 20);
                var model = load(engine)) {
            var first = model.vectors(texts(model, 200, 201, 202));
            var kept = first[1].clone();
            first[1][0] = 77; // a reader may do with its vectors what it likes
            try (var stream = model.embed(texts(model, 203, 201, 200))) {
                assertThat(engine.load().reservedTokens()).isLessThanOrEqualTo(3);
                stream.next();
                var again = requireNonNull(stream.next());
                assertThat(again).containsExactly(kept);
                again[0] = 78;
                assertThat(stream.next()).containsExactly(first[0]);
                assertThat(stream.next()).isNull();
                assertThat(stream.timings().cachedTexts()).isEqualTo(2);
            }
            assertThat(model.vectors(texts(model, 201))[0]).containsExactly(kept);
            var statistics = engine.statistics();
            assertThat(statistics.cache()).isEqualTo(new CacheStatistics(3, 4, 4, statistics.cache().bytes(), 1 << 20));
            assertThat(statistics.cache().bytes()).isEqualTo(4 * (ResultCache.OVERHEAD + 4 * (3 + DIMENSIONS)));
            assertThat(statistics.lanes()).singleElement().satisfies(lane -> {
                assertThat(lane.texts()).isEqualTo(4);
                assertThat(lane.cached()).isEqualTo(3);
            });
        }
    }

    @Test
    void equalTextsOfOneRequestAreComputedOnceWhereverTheyStand() throws Exception {
        try (var engine = engine(1 << 20);
                var model = load(engine)) {
            var ids = new int[2_000];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = 200 + i % 100;
            }
            var vectors = model.vectors(texts(model, ids));
            for (int i = 100; i < ids.length; i++) {
                assertThat(vectors[i]).isEqualTo(vectors[i - 100]).isNotSameAs(vectors[i - 100]);
            }
            var lane = engine.statistics().lanes().getFirst();
            assertThat(lane.texts()).as("but for one that ends between two looks").isBetween(100L, 110L);
            assertThat(lane.texts() + lane.shared() + lane.cached()).isEqualTo(2_000);
            assertThat(engine.load().reservedTokens()).isZero();
        }
    }

    @Test
    void aClosedModelsResultsAreGoneAndAnothersStay() throws Exception {
        try (var engine = engine(1 << 20);
                var stays = load(engine)) {
            var model = load(engine);
            model.vectors(texts(model, 200, 201));
            var vectors = stays.vectors(texts(stays, 200));
            assertThat(engine.statistics().cache().entries()).as("each has its own").isEqualTo(3);
            model.close();
            assertThat(engine.statistics().cache().entries()).isEqualTo(1);
            assertThatThrownBy(() -> model.embed(texts(model, 200))).hasMessage("tiny is closed");
            assertThat(stays.vectors(texts(stays, 200))).isDeepEqualTo(vectors);
            assertThat(engine.statistics().cache().hits()).isEqualTo(1);
        }
    }

    @Test
    void pairsThatBeginAlikeAreFoundWholeWithoutTheirPrefix() throws Exception {
        try (var engine = engine(1 << 20);
                var model = RerankModel.load(
                        engine,
                        ModelFolder.open(Fixtures.folder("qwen3-reranker")),
                        new ModelOptions("tiny", Precision.F32, null, null, Map.of())
                                .withTemplate(RerankPrompt.named("qwen3-reranker")))) {
            var documents = List.of("a bear", "a china", "the bear");
            var first = model.score("bear", documents, RerankOptions.DEFAULT);
            try (var stream = model.start("bear", documents, RerankOptions.DEFAULT, Terms.DEFAULT)) {
                assertThat(engine.load().reservedTokens()).isZero();
                for (float score : first.scores()) {
                    assertThat(stream.next()).isEqualTo(score);
                }
                assertThat(stream.timings().cachedTexts()).isEqualTo(3);
            }
        }
    }

    @Test
    void itKeepsToItsBytesAndKeepsWhatIsAskedForOften() {
        var cache = new ResultCache(200_000);
        var runner = new NoModel();
        try (var model = cache.of(runner)) {
            var daily = new Tokens(new int[] {1, 2, 3});
            model.keep(daily, new float[DIMENSIONS]);
            for (int i = 0; i < 20; i++) {
                model.find(daily);
            }
            for (int i = 0; i < 100_000; i++) {
                var text = new Tokens(new int[] {4, i, i + 1});
                model.find(text);
                model.keep(text, new float[DIMENSIONS]);
                if (i % 100 == 0) {
                    assertThat(cache.statistics().bytes()).isLessThanOrEqualTo(200_000);
                    model.find(daily);
                }
            }
            assertThat(model.find(daily)).as("a bulk job does not sweep it out").isNotNull();
            assertThat(cache.statistics().entries()).isBetween(400L, 200_000L / (ResultCache.OVERHEAD + 4 * (3 + DIMENSIONS)));
        }
        assertThat(cache.statistics().entries()).isZero();
        assertThat(cache.statistics().bytes()).isZero();
    }

    @Test
    void withoutBytesNothingIsKept() throws Exception {
        try (var engine = engine(0);
                var model = load(engine)) {
            model.vectors(texts(model, 200));
            model.vectors(texts(model, 200));
            assertThat(engine.statistics().cache()).isEqualTo(new CacheStatistics(0, 0, 0, 0, 0));
            assertThat(engine.statistics().lanes().getFirst().texts()).isEqualTo(2);
        }
        assertThatThrownBy(() -> new Engine.Settings(1, 1, -1)).hasMessage("cacheBytes must be at least 0, not -1");
    }

    private static final class NoModel implements TileRunner {
        @Override
        public String model() {
            return "none";
        }

        @Override
        public float[][] run(Worker worker, Tile tile) {
            throw new UnsupportedOperationException();
        }
    }
}
