package ai.tutti.bench;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.hub.Hub;
import ai.tutti.hub.ModelSpec;
import java.util.Map;
import picocli.CommandLine.Option;

/** The flags of every command that computes in this process. */
final class EngineFlags {
    @Option(names = "--threads", description = "cores to compute on, for both sides (default: ${DEFAULT-VALUE})")
    private int threads = 1;

    @Option(names = "--precision", description = "auto, f32, bf16 or int8, for Tutti (default: auto)")
    private Arithmetic arithmetic = Arithmetic.AUTO;

    int threads() {
        return threads;
    }

    Arithmetic arithmetic() {
        return arithmetic;
    }

    Engine engine() {
        return Engine.create(new Engine.Settings(threads, Engine.Settings.DEFAULT.queueTokens()));
    }

    EmbeddingModel load(Engine engine, ModelFolder folder) {
        var name = folder.path().getFileName().toString();
        return EmbeddingModel.load(engine, folder, new ModelOptions(name, arithmetic.precision(), null, null, Map.of()));
    }

    /** The bundled model's folder. */
    static ModelFolder bundled() {
        return Hub.resolve(ModelSpec.parse(Hub.BUNDLED)).folder();
    }
}
