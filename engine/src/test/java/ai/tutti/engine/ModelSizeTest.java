package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.tensor.Precision;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelSizeTest {
    @ParameterizedTest
    @ValueSource(strings = {"bge", "gte-large", "uae-large"})
    void theEstimateIsNearWhatALoadedModelTakes(String name) {
        var folder = ModelFolder.open(Fixtures.folder(name));
        var options = new ModelOptions(name, Precision.F32, null, null, Map.of());
        try (var engine = Engine.create(new Engine.Settings(1, 1000));
                var model = EmbeddingModel.load(engine, folder, options)) {
            double ratio = (double) ModelSize.estimate(folder, Precision.F32) / model.weightBytes();

            assertThat(ratio).isBetween(0.75, 1.25); // tiny layers are padded more, and have unused neighbours
            assertThat(ModelSize.estimate(folder, Precision.BF16)).isLessThan(ModelSize.estimate(folder, Precision.F32));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"e5-mistral", "qwen3-embedding"})
    void aDecodersEstimateFollowsThePrecision(String name) {
        var folder = ModelFolder.open(Fixtures.folder(name));
        try (var engine = Engine.create(new Engine.Settings(1, 1000))) {
            for (var precision : Precision.values()) {
                if (precision == Precision.INT8 || engine.supportedPrecisions().contains(precision)) {
                    var options = new ModelOptions(name, precision, null, null, Map.of());
                    try (var model = EmbeddingModel.load(engine, folder, options)) {
                        double ratio = (double) ModelSize.estimate(folder, precision) / model.weightBytes();

                        assertThat(ratio).as(precision.wireName()).isBetween(0.7, 1.25); // of layers of 8 outputs, padded
                    }
                }
            }
        }
        assertThat(ModelSize.estimate(folder, Precision.F32)).isEqualTo(ModelSize.estimate(folder, Precision.BF16));
        assertThat(ModelSize.estimate(folder, Precision.INT8)).isLessThan(ModelSize.estimate(folder, Precision.BF16));
    }
}
