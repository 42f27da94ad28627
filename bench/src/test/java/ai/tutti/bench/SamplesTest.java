package ai.tutti.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SamplesTest {
    @Test
    void textsHaveTheTokensTheyPromise() {
        try (var engine = Engine.create(new Engine.Settings(1, 10_000));
                var model = EmbeddingModel.load(engine, EngineFlags.bundled(), ModelOptions.named("bge"))) {
            var texts = List.of(Samples.text(10, 1), Samples.text(128, 2), Samples.text(512, 3));
            var tokenized = model.tokenize(texts, EmbeddingOptions.DEFAULT);
            assertThat(tokenized.ids()).extracting(ids -> ids.length).containsExactly(10, 128, 512);
        }
    }

    @Test
    void heavyTailedLengthsAreAsDescribed() {
        var lengths = Samples.heavyTailed(1001).stream().mapToInt(ids -> ids.length).sorted().toArray();
        assertThat(lengths[500]).isEqualTo(79);
        assertThat(lengths[900]).isBetween(250, 265);
        assertThat(lengths[1000]).isEqualTo(512);
    }
}
