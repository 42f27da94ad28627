package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.Reproduction;
import ai.tutti.engine.RerankPrompt;
import ai.tutti.engine.RerankPrompt.Answer.Words;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.hub.ModelSpec;
import ai.tutti.server.ChatSettings;
import ai.tutti.server.ModelSettings;
import ai.tutti.server.ServerSettings;
import ai.tutti.server.ShelfSettings;
import ai.tutti.server.TrafficSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                "--lazy", "--memory-budget", "24GB", "--load-wait", "90s", "--admin-key", "k3", "--chat-upstream", "http://chat:1/v1/",
                "--chat-api-key", "k4", "--chat-models", "one=two", "--chat-models", "x=y:z", "--chat-timeout", "5s",
                "--timeout", "30s", "--cache", "256MB", "--trust-forwarded");

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
                Map.of(),
                new ChatSettings(URI.create("http://chat:1/v1"), "k4", Map.of("one", "two", "x", "y:z"), Duration.ofSeconds(5)),
                new TrafficSettings(Duration.ofSeconds(30), 256 << 20, true)));
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
                Map.entry("TUTTI_ADMIN_KEY", "k3"),
                Map.entry("TUTTI_CHAT_UPSTREAM", "http://chat:1"),
                Map.entry("TUTTI_CHAT_API_KEY", "k4"),
                Map.entry("TUTTI_CHAT_MODELS", "x=a,y=b:c"),
                Map.entry("TUTTI_CHAT_TIMEOUT", "3s"),
                Map.entry("TUTTI_TIMEOUT", "2m"),
                Map.entry("TUTTI_CACHE", "64 MB"),
                Map.entry("TUTTI_TRUST_FORWARDED", "true"));
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
                chat-upstream: http://chat:1
                chat-api-key: k4
                chat-models: {x: a, "y": b:c}
                chat-timeout: 3s
                timeout: 2m
                cache: 64MB
                trust-forwarded: true
                """);
        ServerSettings fromFile = settings(Map.of());

        assertThat(fromFile).isEqualTo(fromEnvironment);
        assertThat(fromFile.models()).extracting(ModelSpec::name).containsExactly("a", "b");
        assertThat(fromFile.maxBodyBytes()).isEqualTo(512 << 10);
        assertThat(fromFile.shelf()).isEqualTo(new ShelfSettings(true, 3000L << 20, Duration.ofMillis(500), "k3"));
    }

    @Test
    void whoAnswersChatCompletionsMayStandTogetherInTheFile() throws IOException {
        Files.writeString(file, """
                chat:
                  upstream: https://chat.example/openai/v1
                  api-key: k4
                  models:
                    meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo: llama3.1:8b
                """);

        assertThat(settings(Map.of()).chat()).isEqualTo(new ChatSettings(
                URI.create("https://chat.example/openai/v1"),
                "k4",
                Map.of("meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", "llama3.1:8b"),
                Duration.ofMinutes(10)));
        assertThat(settings(Map.of("TUTTI_CHAT_UPSTREAM", "http://other:2/v1")).chat().upstream())
                .isEqualTo(URI.create("http://other:2/v1"));
        assertThat(settings(Map.of()).toString()).doesNotContain("k4");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "chat: {upstream: 'ftp://x'}|tutti.yaml: chat: upstream: the chat upstream must begin with http:// or https://",
                "chat: {upstream: 'http://me:secret@x'}|tutti.yaml: chat: upstream: the chat upstream must be a plain URL, without user, query or fragment",
                "chat: {upstream: 'http:///v1'}|tutti.yaml: chat: upstream: the chat upstream must name a host",
                "chat: {upstream: 'a b'}|tutti.yaml: chat: upstream: 'a b' is not a URL, such as http://127.0.0.1:11434/v1",
                "chat: {models: {a: b}}|tutti.yaml: chat: models: means nothing without --chat-upstream; say who answers chat completions",
                "chat: {upstream: 'http://x', model: m}|tutti.yaml: chat: unknown key 'model' (known: upstream, api-key, models, timeout)",
                "chat: {upstream: 'http://x', models: {a: }}|tutti.yaml: chat: models: must be a single value",
                "chat: {upstream: 'http://x', models: [a]}|tutti.yaml: chat: models: 'a' is not NAME=THEIRS, such as meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo=llama3.1:8b",
                "chat: {upstream: 'http://x', timeout: 0s}|tutti.yaml: chat: timeout: '0s' is not a time of at least 1ms",
                "chat: http://x|tutti.yaml: chat: must be 'key: value' lines (upstream, api-key, models, timeout)",
            })
    void aChatUpstreamThatCannotBeUsedIsSaid(String yaml, String message) throws IOException {
        Files.writeString(file, yaml);

        assertThatThrownBy(() -> settings(Map.of())).isInstanceOf(UsageException.class).hasMessage(message);
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
                .containsEntry("mine", new ModelSettings(Path.of("/m"), null, null, null, null, null, reproduction));
    }

    @Test
    void aTemplateIsNamedOrWritten() throws IOException {
        Files.writeString(file, """
                models:
                  named: {path: /m, template: Qwen3-Reranker}
                  own:
                    path: /m
                    template:
                      prefix: "<|im_start|>"
                      instruction: Find it.
                      query: "{instruction} {query}\\n"
                      document: "{document}"
                      suffix: "<|im_end|>"
                      yes: "yes"
                      no: no
                """);

        Map<String, ModelSettings> models = settings(Map.of()).modelSettings();
        assertThat(models.get("named")).extracting(ModelSettings::template).isEqualTo(RerankPrompt.QWEN3_RERANKER);
        assertThat(models.get("own")).extracting(ModelSettings::template).isEqualTo(RerankPrompt.custom(
                "<|im_start|>", "{instruction} {query}\n", "{document}", "<|im_end|>", "Find it.", new Words("yes", "no")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            template: nothing             | template: 'nothing' is not one of mxbai-rerank-v2, qwen3-reranker, or a prompt of your own
            template: {query: q}          | template: lacks document
            template: {ask: q}            | template: unknown key 'ask'
            template: [a]                 | template: must be a name, or 'key: value' lines
            template: {query: q, document: "{document}", suffix: s, yes: a, no: b} | template: query must hold {query} once
            """)
    void aTemplateThatCannotBeUsedIsNamed(String template, String message) throws IOException {
        Files.writeString(file, "models:\n  mine:\n    path: /m\n    " + template);

        assertThatThrownBy(() -> settings(Map.of())).isInstanceOf(UsageException.class).hasMessageContaining(message);
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
