package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.schedule.QueueFullException;
import ai.tutti.engine.tensor.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of requests whose reader, neighbour, model or engine goes away in the middle of them. */
@Timeout(60)
final class LifetimeTest {
    private static final int[] TEXT = new int[64];

    static {
        Arrays.fill(TEXT, 141);
    }

    @Test
    void aStreamClosedMidwayGivesItsRoomBack() throws Exception {
        try (var engine = Engine.create(new Engine.Settings(2, 100_000));
                var model = load(engine, Fixtures.folder("bge"))) {
            var stream = model.embed(texts(model, 1_000));
            assertThat(stream.next()).hasSize(32);
            assertThatThrownBy(() -> model.embed(texts(model, 700))).isInstanceOf(QueueFullException.class);
            stream.close();
            stream.close();
            assertThatThrownBy(stream::next).hasMessage("the stream is closed");
            awaitRest(engine);
            assertThat(model.vectors(texts(model, 700))).hasDimensions(700, 32);
            awaitRest(engine);
        }
    }

    @Test
    void anInterruptedReaderGivesItsRoomBack() throws Exception {
        try (var engine = Engine.create(new Engine.Settings(1, 10_000_000));
                var model = load(engine, Fixtures.folder("bge"))) {
            var thrown = new AtomicReference<Throwable>();
            var texts = texts(model, 20_000);
            var reader = Thread.ofVirtual().start(() -> {
                try {
                    model.vectors(texts);
                } catch (InterruptedException | RuntimeException e) {
                    thrown.set(e);
                }
            });
            while (engine.load().reservedTokens() == 0) {
                Thread.onSpinWait();
            }
            reader.interrupt();
            reader.join();
            assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
            awaitRest(engine);
        }
    }

    @Test
    void aTextThatOverflowsFailsAlone(@TempDir Path folder) throws Exception {
        Fixtures.copy("bge", folder);
        int poison = 555;
        new TensorPatch(folder)
                .fill("embeddings.word_embeddings.weight", poison * 32, 32, Float.MAX_VALUE)
                .write();
        try (var engine = Engine.create(new Engine.Settings(1, 1_000_000));
                var model = load(engine, folder)) {
            var good = new int[] {101, 141, 102};
            var bad = new int[] {101, poison, 102};
            var alone = model.vectors(model.acceptTokens(List.of(good), EmbeddingOptions.DEFAULT))[0];
            var neighbours = new ArrayList<int[]>(Collections.nCopies(20, good));
            neighbours.set(10, bad);
            try (var stream = model.embed(model.acceptTokens(neighbours, EmbeddingOptions.DEFAULT))) {
                for (int i = 0; i < 10; i++) {
                    assertThat(stream.next()).isEqualTo(alone);
                }
                assertThatThrownBy(stream::next).hasMessage("tiny gives no finite numbers for this text: its weights are damaged");
            }
            assertThat(model.vectors(model.acceptTokens(List.of(good), EmbeddingOptions.DEFAULT))[0]).isEqualTo(alone);
            awaitRest(engine);
        }
    }

    @Test
    void aModelClosedWhileItWorksFailsWhatWaitsAndNothingElse() throws Exception {
        try (var engine = Engine.create(new Engine.Settings(2, 10_000_000));
                var other = load(engine, Fixtures.folder("gte-large"))) {
            var model = load(engine, Fixtures.folder("bge"));
            try (var stream = model.embed(texts(model, 100))) {
                assertThat(stream.next()).hasSize(32);
                model.close();
                model.close();
                assertThatThrownBy(() -> readAll(stream)).hasMessage("tiny is closed");
            }
            assertThatThrownBy(() -> model.embed(texts(other, 1))).hasMessage("tiny is closed");
            assertThat(other.embed("bear")).hasSize(48);
            awaitRest(engine);
        }
    }

    @Test
    void aClosedEngineFailsEveryone() throws Exception {
        var engine = Engine.create(new Engine.Settings(1, 10_000_000));
        try (var model = load(engine, Fixtures.folder("bge"));
                var stream = model.embed(texts(model, 10_000))) {
            engine.close();
            assertThatThrownBy(() -> readAll(stream)).hasMessage("the engine is closed");
            assertThatThrownBy(() -> model.embed("bear")).hasMessage("the engine is closed");
            assertThatThrownBy(() -> model.probe(Duration.ofSeconds(1))).hasMessage("the engine is closed");
        }
        assertThat(engine.load()).isEqualTo(new Engine.Load(0, 0, 0, 0));
    }

    private static TokenizedTexts texts(EmbeddingModel model, int count) {
        return model.acceptTokens(Collections.nCopies(count, TEXT), EmbeddingOptions.DEFAULT);
    }

    private static void readAll(EmbeddingStream stream) throws InterruptedException {
        for (var vector = stream.next(); vector != null; ) {
            vector = stream.next();
        }
    }

    /** Dropped texts leave the queue when a worker comes upon them. */
    private static void awaitRest(Engine engine) throws InterruptedException {
        while (!engine.load().equals(new Engine.Load(0, 0, 0, 0))) {
            Thread.sleep(1);
        }
    }

    private static EmbeddingModel load(Engine engine, Path folder) {
        var options = new ModelOptions("tiny", Precision.F32, null, null, Map.of());
        return EmbeddingModel.load(engine, ModelFolder.open(folder), options);
    }
}
