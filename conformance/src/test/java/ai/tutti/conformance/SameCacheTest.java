package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tutti and the Hugging Face library for Python share one cache. */
final class SameCacheTest {
    @Test
    void eitherFindsWhatTheOtherHasFetched() {
        Path python = Installation.python(Sdk.NEIGHBOURS.label()).resolve("bin/python");
        Path model = Folders.MODULE.resolveSibling("engine/src/test/resources/fixtures/folders/bge");
        var program = new Command(
                List.of(python.toString(), Folders.SCRIPTS.resolve("huggingface/same_cache.py").toString()),
                Folders.TARGET,
                Map.of(
                        "TUTTI", Folders.DISTRIBUTION.resolve("bin/tutti").toString(),
                        "TUTTI_MODEL", model.toString(),
                        "JAVA_HOME", System.getProperty("java.home"),
                        "PYTHONPYCACHEPREFIX", Folders.TARGET.resolve("pycache").toString()),
                Duration.ofMinutes(3));

        assertThat(program.run()).contains("the cache is the same");
    }
}
