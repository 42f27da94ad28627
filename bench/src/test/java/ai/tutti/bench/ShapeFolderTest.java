package ai.tutti.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.checkpoint.ModelFolder;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShapeFolderTest {
    @Test
    void loadsAndServes(@TempDir Path folder) throws IOException, InterruptedException {
        ShapeFolder.write(folder, Shape.TINY, EngineFlags.bundled().path());
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
