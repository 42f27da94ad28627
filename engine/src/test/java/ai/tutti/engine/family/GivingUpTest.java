package ai.tutti.engine.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.kernel.GivenUpException;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.tensor.Precision;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every family asks before each layer whether its pass is still wanted, and is sound afterwards. */
final class GivingUpTest {
    @ParameterizedTest
    @ValueSource(strings = {"bert", "xlm_roberta", "modernbert", "deberta_v2_reranker", "llama31", "qwen3_reranker"})
    void aPassThatNobodyWantsIsLeftBetweenLayers(String name) {
        var folder = ModelFolder.open(Fixtures.tensors(name));
        var tile = Tile.of(List.of(new Tokens(new int[] {5, 6, 7}), new Tokens(new int[] {8})));
        try (var model = LoadedModel.load(folder, Precision.F32)) {
            var asked = new AtomicInteger();
            var expected = model.states(tile, Rows.FIRST);
            model.worker().wanted(() -> asked.incrementAndGet() > 0);
            model.states(tile, Rows.FIRST);
            assertThat(asked).hasValue(folder.config().requireInt("num_hidden_layers"));
            int all = asked.get();
            for (int last = 1; last <= all; last++) {
                int until = last;
                asked.set(0);
                model.worker().wanted(() -> asked.incrementAndGet() < until);
                assertThatThrownBy(() -> model.states(tile, Rows.FIRST)).isInstanceOf(GivenUpException.class);
                assertThat(asked).as("given up where it was learnt").hasValue(last);
            }
            model.worker().wanted(() -> true);
            assertThat(model.states(tile, Rows.FIRST)).isDeepEqualTo(expected);
        }
    }
}
