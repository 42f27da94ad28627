package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

final class MainTest {
    @TempDir
    private Path folder;

    @Test
    void helpIsShownWithoutACommand() {
        Command run = run();

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("serve", "--help", "--version");
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void serveHelpNamesEverySetting(Setting setting) {
        assertThat(run("serve", "--help").out()).contains(setting.flag());
    }

    @Test
    void helpFitsATerminalOfEightyColumns() {
        assertThat(run("serve", "--help").out().lines()).allMatch(line -> line.length() <= 80);
        assertThat(run("--help").out().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void footersBreakWhereTheLineIsFull() {
        for (CommandLine command : Commands.create().getSubcommands().values()) {
            List<String> lines = command.getHelp().footer().lines().takeWhile(line -> !line.startsWith(" ")).toList();
            for (int i = 0; i + 1 < lines.size(); i++) {
                String next = lines.get(i + 1);
                if (!next.isBlank() && !lines.get(i).isBlank()) {
                    assertThat(lines.get(i) + " " + next.split(" ")[0]).hasSizeGreaterThanOrEqualTo(80);
                }
            }
        }
    }

    @Test
    void versionIsOneLine() {
        Command run = run("--version");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines()).hasSize(1).first().asString().startsWith("Tutti ");
    }

    @Test
    void aMessageSteersNoTerminal() {
        assertThat(run("serve", "\u001b[2Jnow").err()).contains("'[2Jnow'").doesNotContain("\u001b");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            serve --prot 1            | unknown option '--prot'; did you mean --port?
            serv                      | did you mean serve
            serve now                 | unknown argument 'now'
            serve --port              | missing required parameter for option '--port'
            serve --port x            | --port: 'x' is not a whole number from 0 to 65535
            serve --port 65536        | --port: '65536' is not
            serve --port 1 --port 2   | '--port' (PORT) should be specified only once
            serve --threads 0         | --threads: '0' is not a whole number from 1
            serve --precision fp8     | --precision: 'fp8' is not one of auto, f32, bf16, int8
            serve --alias x           | --alias: 'x' is not ALIAS=NAME
            serve --alias x=          | --alias: 'x=' is not ALIAS=NAME
            serve --alias x=a --alias x=b | --alias: 'x' stands for both a and b
            serve --model =x          | --model: '=x' is not NAME, NAME@REVISION or NAME=FOLDER
            serve --model a@v1=/b     | --model: 'a@v1=/b' is not NAME
            serve --model a --model a | 'a' is given twice
            serve --max-body 3TB      | --max-body: '3TB' is not a size
            serve --max-body 0        | --max-body: '0' is not a size
            serve --memory-budget 0   | --memory-budget: '0' is not a size
            serve --memory-budget lots | --memory-budget: 'lots' is not a size
            serve --load-wait 60      | --load-wait: '60' is not a time of at most a day, such as 500ms, 60s or 2m
            serve --load-wait 99999m  | --load-wait: '99999m' is not a time
            serve --cache lots        | --cache: 'lots' is not a size up to 1048576GB, such as 256MB, or 0
            serve --cache -1          | --cache: '-1' is not a size
            serve --timeout 0s        | --timeout: '0s' is not a time of at least 1ms
            serve --timeout 25h       | --timeout: '25h' is not a time of at most a day, such as 500ms, 60s or 2m
            serve --admin-key k --api-key k | --admin-key: must not be one of the keys that clients may use
            serve --port 0 --memory-budget 1MB | BAAI/bge-small-en-v1.5 takes
            serve --max-request-tokens -5 | --max-request-tokens: '-5' is not a whole number from 1
            serve --config nowhere.yaml   | there is no file 'nowhere.yaml'
            """)
    void whatCannotBeUsedIsOneLineAndExitCodeTwo(String arguments, String message) {
        assertMendable(run(arguments.split(" ")), message);
    }

    @Test
    void environmentVariablesAreNamedInMessages() {
        assertMendable(
                Command.run(folder, Map.of("TUTTI_PORT", "many"), "serve"), "TUTTI_PORT: 'many' is not a whole number");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            TUTTI_API_KEY | ','
            TUTTI_API_KEY | ' , ,'
            TUTTI_API_KEY | ' '
            TUTTI_MODEL   | ','
            TUTTI_ALIAS   | ','
            """)
    void aListOfNothingDoesNotPassForNone(String variable, String value) {
        assertMendable(
                Command.run(folder, Map.of(variable, value), "serve"), variable + ": is set but names no value");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            prot: 1                       | tutti.yaml: unknown key 'prot' (known: host, port
            port: many                    | tutti.yaml: port: 'many' is not
            port: [1, 2]                  | tutti.yaml: port: must be a single value
            api-key: []                   | tutti.yaml: api-key: names no value
            api-key:                      | tutti.yaml: api-key: names no value
            alias: {}                     | tutti.yaml: alias: names no value
            models: [a]                   | tutti.yaml: models: must be names of models
            models: {a: {paht: /x}}       | tutti.yaml: models: a: unknown key 'paht' (known: path
            models: {a: {lazy: often}}    | tutti.yaml: models: a: lazy: 'often' is not true or false
            models: {a: {max-tokens: x}}  | tutti.yaml: models: a: max-tokens: 'x' is not a whole number
            hello                         | tutti.yaml: must be a list of 'key: value' lines
            port: [1                      | tutti.yaml: line
            """)
    void aBrokenFileIsOneLineThatNamesTheKey(String yaml, String message) throws IOException {
        Files.writeString(folder.resolve("tutti.yaml"), yaml);

        assertMendable(run("serve"), message);
    }

    @Test
    void aBusyPortIsSaid() throws IOException {
        try (var busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertMendable(run("serve", "--port", "" + busy.getLocalPort()), "" + busy.getLocalPort());
        }
    }

    @Test
    void aVariableThatMeansNothingIsSaidOnce() throws IOException {
        try (var busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var environment = Map.of(
                    "TUTTI_PORT", "" + busy.getLocalPort(), "TUTTI_PROT", "1", "TUTTI_MAXBODY", "1MB", "TUTTI_SONG", "x",
                    "TUTTI_CONFIG", " ", "TUTTI_CHAT_URL", "x", "TUTTI_SERVICE_PORT_HTTP", "1", "TUTTI_PORT_80_TCP", "x");
            assertThat(Command.run(folder, environment, "serve").err().lines().toList().subList(0, 3))
                    .containsExactly(
                            "tutti: the environment variable TUTTI_MAXBODY means nothing; did you mean TUTTI_MAX_BODY?",
                            "tutti: the environment variable TUTTI_PROT means nothing; did you mean TUTTI_PORT?",
                            "tutti: the environment variable TUTTI_SONG means nothing");
        }
    }

    private Command run(String... arguments) {
        return Command.run(folder, Map.of(), arguments);
    }

    private static void assertMendable(Command run, String message) {
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1).first().asString().startsWith("tutti: ").contains(message);
    }
}
