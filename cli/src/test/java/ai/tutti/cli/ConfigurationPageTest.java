package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.tensor.Precision;
import ai.tutti.hub.ModelSpec;
import ai.tutti.server.ModelSettings;
import ai.tutti.server.ServerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the documentation says of settings is so. */
final class ConfigurationPageTest {
    private static final Path PAGE = Path.of("../docs/configuration.md");

    @ParameterizedTest
    @EnumSource
    void itsTableNamesEverySetting(Setting setting) throws IOException {
        String begin = "| `" + setting.flag();

        assertThat(Files.readAllLines(PAGE))
                .filteredOn(line -> line.startsWith(begin + "` ") || line.startsWith(begin + " "))
                .hasSize(1);
    }

    @Test
    void itsConfigurationFileMeansWhatItSays(@TempDir Path folder) throws IOException {
        String page = Files.readString(PAGE);
        String yaml = page.substring(page.indexOf("```yaml\n") + 8);
        Files.writeString(folder.resolve("tutti.yaml"), yaml.substring(0, yaml.indexOf("```")));

        ServerSettings settings = Serve.settings(Commands.create().parseArgs("serve").subcommand(), Map.of(), folder);

        Path model = folder.resolve("models/my-model");
        assertThat(settings.port()).isEqualTo(9000);
        assertThat(settings.apiKeys()).containsExactly("first-key", "second-key");
        assertThat(settings.aliases()).isEqualTo(Map.of("text-embedding-3-small", "BAAI/bge-small-en-v1.5"));
        assertThat(settings.models())
                .isEqualTo(List.of(new ModelSpec("BAAI/bge-small-en-v1.5", null), new ModelSpec("my-model", model)));
        assertThat(settings.modelSettings())
                .containsEntry("my-model", new ModelSettings(model, Precision.BF16, 256, true, null));
    }
}
