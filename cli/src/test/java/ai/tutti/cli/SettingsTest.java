package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.Reproduction;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.hub.ModelSpec;
import ai.tutti.server.ModelSettings;
import ai.tutti.server.ServerSettings;
import ai.tutti.server.ShelfSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SettingsTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("tutti.yaml");
    }

    @Test
    void withoutAnythingTheDefaultsHold() {
        assertThat(settings(Map.of())).isEqualTo(ServerSettings.DEFAULT);
    }

    @Test
    void aFlagWinsOverTheEnvironmentAndThatOverTheFile() throws IOException {
        Files.writeString(file, "port: 1\nthreads: 1\nhost: file");
        Map<String, String> environment = Map.of("TUTTI_PORT", "2", "TUTTI_THREADS", "2");

        ServerSettings settings = settings(environment, "--port", "3");

        assertThat(settings.port()).isEqualTo(3);
        assertThat(settings.threads()).isEqualTo(2);
        assertThat(settings.host()).isEqualTo("file");
    }

    @Test
    void everySettingCanBeAFlag() {
        ServerSettings settings = settings(
                Map.of(), "--host", "0.0.0.0", "--port", "0", "--model", "a", "--model", "b=/models/b", "--alias", "x=a",
                "--alias", "y=b", "--precision", "bf16", "--threads", "3", "--api-key", "k1", "--api-key", "k2",
                "--max-body", "16MB", "--max-request-tokens", "1_000", "--queue-tokens", "5000", "--token-input",
                "--lazy", "--memory-budget", "24GB", "--load-wait", "90s", "--admin-key", "k3");

        assertThat(settings).isEqualTo(new ServerSettings(
                "0.0.0.0",
                0,
                List.of(new ModelSpec("a", null), new ModelSpec("b", Path.of("/models/b"))),
                Map.of("x", "a", "y", "b"),
                Precision.BF16,
                3,
                List.of("k1", "k2"),
                16 << 20,
                1_000,
                5_000,
                true,
                new ShelfSettings(true, 24L << 30, Duration.ofSeconds(90), "k3"),
                Map.of()));
    }

    @Test
    void everySettingCanBeAnEnvironmentVariableAndAKeyOfTheFile() throws IOException {
        Map<String, String> environment = Map.ofEntries(
                Map.entry("TUTTI_HOST", "0.0.0.0"),
                Map.entry("TUTTI_PORT", "0"),
                Map.entry("TUTTI_MODEL", "a, b=/models/b"),
                Map.entry("TUTTI_ALIAS", "x=a,y=b"),
                Map.entry("TUTTI_PRECISION", "f32"),
                Map.entry("TUTTI_THREADS", "3"),
                Map.entry("TUTTI_API_KEY", "k1,k2"),
                Map.entry("TUTTI_MAX_BODY", "512KB"),
                Map.entry("TUTTI_MAX_REQUEST_TOKENS", "1000"),
                Map.entry("TUTTI_QUEUE_TOKENS", "5000"),
                Map.entry("TUTTI_TOKEN_INPUT", "true"),
                Map.entry("TUTTI_LAZY", "true"),
                Map.entry("TUTTI_MEMORY_BUDGET", "3000MB"),
                Map.entry("TUTTI_LOAD_WAIT", "500ms"),
                Map.entry("TUTTI_ADMIN_KEY", "k3"));
        ServerSettings fromEnvironment = settings(environment);
        Files.writeString(file, """
                host: 0.0.0.0
                port: 0
                model: [a, b=/models/b]
                alias: {x: a, y: b}
                precision: f32
                threads: 3
                api-key: [k1, k2]
                max-body: 512KB
                max-request-tokens: 1000
                queue-tokens: 5000
                token-input: true
                lazy: true
                memory-budget: 3000MB
                load-wait: 500ms
                admin-key: k3
                """);
        ServerSettings fromFile = settings(Map.of());

        assertThat(fromFile).isEqualTo(fromEnvironment);
        assertThat(fromFile.models()).extracting(ModelSpec::name).containsExactly("a", "b");
        assertThat(fromFile.maxBodyBytes()).isEqualTo(512 << 10);
        assertThat(fromFile.shelf()).isEqualTo(new ShelfSettings(true, 3000L << 20, Duration.ofMillis(500), "k3"));
    }

    @Test
    void aRepeatedSettingIsTakenWholeFromTheFirstThatNamesIt() {
        ServerSettings settings = settings(Map.of("TUTTI_API_KEY", "old"), "--api-key", "new");

        assertThat(settings.apiKeys()).containsExactly("new");
    }

    @Test
    void modelsOfTheFileAreServedWithTheirSettings() throws IOException {
        Files.writeString(file, """
                models:
                  mine: {path: folder/mine, precision: bf16, max-tokens: 256, matryoshka: true, lazy: true}
                  BAAI/bge-small-en-v1.5:
                """);

        ServerSettings settings = settings(Map.of());

        assertThat(settings.models())
                .containsExactly(
                        new ModelSpec("mine", folder.resolve("folder/mine")), new ModelSpec("BAAI/bge-small-en-v1.5", null));
        assertThat(settings.modelSettings())
                .containsEntry("mine", new ModelSettings(folder.resolve("folder/mine"), Precision.BF16, 256, true, true));
    }

    @Test
    void vectorsMadeAnotherWayAreAskedForByModel() throws IOException {
        Files.writeString(file, "models: {mine: {path: /m, padding: none, tokenizer: folder, normalize: true}}");

        var reproduction = new Reproduction(Reproduction.Padding.NONE, Reproduction.Vocabulary.FOLDER, true);
        assertThat(settings(Map.of()).modelSettings())
                .containsEntry("mine", new ModelSettings(Path.of("/m"), null, null, null, null, reproduction));
    }

    @Test
    void aModelAskedForByNameFindsItsFolderInTheFile() throws IOException {
        Files.writeString(file, "models: {mine: {path: /models/mine}, other: {path: /models/other}}");

        assertThat(settings(Map.of(), "--model", "mine").models())
                .containsExactly(new ModelSpec("mine", Path.of("/models/mine")));
    }

    @Test
    void anEmptyVariableAndAnEmptyKeyCountAsAbsent() throws IOException {
        Files.writeString(file, "threads:\nmodels:\n");

        assertThat(settings(Map.of("TUTTI_MODEL", "", "TUTTI_PORT", " "))).isEqualTo(ServerSettings.DEFAULT);
    }

    @Test
    void anotherFileIsReadInsteadOfTheUsualOne() throws IOException {
        Files.writeString(file, "port: 1");
        Files.writeString(folder.resolve("other.yaml"), "threads: 7");

        ServerSettings settings = settings(Map.of(), "--config", "other.yaml");

        assertThat(settings.threads()).isEqualTo(7);
        assertThat(settings.port()).isEqualTo(8080);
    }

    private ServerSettings settings(Map<String, String> environment, String... arguments) {
        String[] serve = new String[arguments.length + 1];
        serve[0] = "serve";
        System.arraycopy(arguments, 0, serve, 1, arguments.length);
        return Serve.settings(Commands.create().parseArgs(serve).subcommand(), environment, folder);
    }
}
