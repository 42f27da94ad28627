package ai.tutti.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.checkpoint.ModelFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ShapeFolderTest {
    @ParameterizedTest
    @EnumSource
    void loadsAndServes(ShapeFamily family, @TempDir Path folder) throws IOException, InterruptedException {
        int positions = family == ShapeFamily.XLM_ROBERTA ? 514 : 512;
        var sizes = new Shape.Sizes(family, 64, 2, 2, 2, 128, 30_522, positions);
        ShapeFolder.write(folder, sizes, Map.of(), EngineFlags.bundled().path());
        try (var engine = Engine.create(new Engine.Settings(1, 10_000));
                var model = EmbeddingModel.load(engine, ModelFolder.open(folder), ModelOptions.named("tiny"))) {
            assertThat(model.maxTokens()).isEqualTo(512);
            var one = model.embed("All together now");
            assertThat(one).hasSize(64).isNotEqualTo(model.embed("something else"));
            for (float value : one) {
                assertThat(value).isFinite();
            }
        }
    }
}
