package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tutti and the Hugging Face library for Python share one cache. */
final class SameCacheTest {
    @Test
    void eitherFindsWhatTheOtherHasFetched() {
        Path python = Installation.python(Sdk.NEIGHBOURS.label()).resolve("bin/python");
        Path model = Folders.MODULE.resolveSibling("engine/src/test/resources/fixtures/folders/bge");
        var variables = new HashMap<>(Installation.PYTHON);
        variables.put("TUTTI", Folders.DISTRIBUTION.resolve("bin/tutti").toString());
        variables.put("TUTTI_MODEL", model.toString());
        variables.put("JAVA_HOME", System.getProperty("java.home"));
        var program = new Command(
                List.of(python.toString(), Folders.SCRIPTS.resolve("huggingface/same_cache.py").toString()),
                Folders.TARGET,
                variables,
                Duration.ofMinutes(3));

        assertThat(program.run()).contains("the cache is the same");
    }
}
