package ai.tutti.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.family.Families;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Encoder;
import ai.tutti.engine.nn.KeyValues;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Precision;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a request's texts share is kept as long as the request, and no longer. */
final class SharedPrefixTest {
    private static final int[] IDS = {5, 6, 7};

    private final Arena arena = Arena.ofShared();
    private final Worker worker = new Worker(Kernels.instance());
    private final List<KeyValues> made = new ArrayList<>();
    private final AtomicInteger ended = new AtomicInteger();
    private @Nullable Encoder model;
    private SharedPrefix prefix = new SharedPrefix(
            "tiny",
            IDS,
            (_, _) -> {
                throw new AssertionError("replaced before each test");
            },
            () -> {});

    @BeforeEach
    void load() {
        var folder = ModelFolder.open(Fixtures.folder("qwen3-reranker"));
        try (var checkpoint = folder.checkpoint()) {
            var loaded = Families.encoder(folder, new Weights(checkpoint, Kernels.instance(), arena, Precision.F32));
            model = loaded;
            prefix = new SharedPrefix(
                    "tiny",
                    IDS,
                    (by, ids) -> {
                        var values = loaded.prefix(by, ids);
                        made.add(values);
                        return values;
                    },
                    ended::incrementAndGet);
        }
    }

    @AfterEach
    void close() {
        prefix.close();
        worker.close();
        arena.close();
    }

    @Test
    void textsThatBeginWithItAreComputedFromThereOn() {
        prefix.run(worker, Tile.of(List.of(prefix.text())));
        var behind = prefix.behind(new Tokens(new int[] {5, 6, 7, 8, 9}));
        assertThat(behind.ids()).containsExactly(8, 9);
        assertThat(behind.prefix()).isSameAs(made.getFirst());
        assertThat(behind.prefix()).extracting(KeyValues::tokens).isEqualTo(3);
    }

    @Test
    void othersAreComputedWhole() {
        for (var ids : List.of(new int[] {5, 6, 8, 9}, new int[] {5, 6}, new int[] {5, 6, 7})) {
            var text = new Tokens(ids);
            assertThat(prefix.behind(text)).isSameAs(text);
            assertThat(prefix.left(text)).isEqualTo(ids.length);
        }
    }

    @Test
    void itsMemoryGoesWithTheRequest() {
        prefix.run(worker, Tile.of(List.of(prefix.text())));
        assertThat(isKept(made.getFirst())).isTrue();
        assertThat(ended).hasValue(0);
        prefix.close();
        prefix.close();
        assertThat(isKept(made.getFirst())).isFalse();
        assertThat(ended).hasValue(1);
    }

    @Test
    void whileAPassReadsItNeitherItsMemoryNorItsRoomIsGivenBack() {
        prefix.run(worker, Tile.of(List.of(prefix.text())));
        var values = made.getFirst();
        values.hold(requireNonNull(model));
        prefix.close();
        assertThat(isKept(values)).isTrue();
        assertThat(ended).hasValue(0);
        values.release();
        assertThat(isKept(values)).isFalse();
        assertThat(ended).hasValue(1);
    }

    @Test
    void aPassThatEndsAfterTheRequestKeepsNothing() {
        prefix.close();
        prefix.run(worker, Tile.of(List.of(prefix.text())));
        assertThat(isKept(made.getFirst())).isFalse();
    }

    private static boolean isKept(KeyValues values) {
        return values.layer(0).keys().data().scope().isAlive();
    }
}
