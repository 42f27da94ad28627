package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Help.Ansi;

final class AnnouncerTest {
    @TempDir
    private Path folder;

    @Test
    void modelsThatAreDescribedAndNotServedAreNamed() throws IOException {
        Files.writeString(folder.resolve("tutti.yaml"), "models: {mine: {}, other: {max-tokens: 9}, mien: {}}");

        assertThat(starting("--model", "mine=/models/mine"))
                .contains("loading mine\n", "Not served, though the configuration file describes it: mien, other\n");
        assertThat(starting()).doesNotContain("Not served");
    }

    @Test
    void whoAnswersChatCompletionsIsNamedAndHisKeyIsNot() throws IOException {
        Files.writeString(folder.resolve("tutti.yaml"), "chat: {upstream: 'http://chat:1', api-key: secret, models: {a: b}}");

        assertThat(starting())
                .contains("Chat completions are answered by http://chat:1/v1, a by b\n")
                .doesNotContain("secret");
    }

    private String starting(String... arguments) {
        String[] serve = new String[arguments.length + 1];
        serve[0] = "serve";
        System.arraycopy(arguments, 0, serve, 1, arguments.length);
        var bytes = new ByteArrayOutputStream();
        var console = new Announcer(new PrintStream(bytes, true, StandardCharsets.UTF_8), Ansi.OFF);
        console.starting(Serve.settings(Commands.create().parseArgs(serve).subcommand(), Map.of(), folder));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
