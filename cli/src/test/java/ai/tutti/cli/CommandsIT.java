package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The commands in the documentation do what they are there for; what a person at a terminal sees. */
@DisabledOnOs(OS.WINDOWS)
final class CommandsIT {
    private static final Path TUTTI = Path.of("target/tutti/bin/tutti").toAbsolutePath();
    private static final Map<String, String> ENVIRONMENT =
            Map.of("JAVA_HOME", System.getProperty("java.home"), "PATH", "/usr/bin:/bin", "TERM", "xterm");
    private static final Pattern COMMAND = Pattern.compile("\\./tutti (embed|similarity|rerank|index|search) ");
    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);

    @TempDir
    private Path folder;

    @BeforeEach
    void furnish() throws IOException {
        Files.createSymbolicLink(folder.resolve("tutti"), TUTTI);
        Files.writeString(folder.resolve("texts.jsonl"), "{\"text\": \"The choir.\", \"id\": 1}\n{\"text\": \"A stone.\", \"id\": 2}\n");
        Files.createDirectories(folder.resolve("docs"));
        for (String page : List.of("models.md", "continuity.md")) {
            Files.copy(Path.of("../docs", page), folder.resolve("docs").resolve(page));
        }
    }

    @Test
    void theDocumentationsCommandsWork() throws Exception {
        var lines = new LinkedHashSet<String>();
        for (String page : List.of("../README.md", "../docs/commands.md")) {
            String text = Files.readString(Path.of(page));
            BLOCK.matcher(text).results().flatMap(block -> block.group(1).lines()).filter(line -> COMMAND.matcher(line).find()).forEach(lines::add);
        }
        assertThat(lines).hasSizeBetween(9, 20);

        for (String line : lines) {
            Shell run = Shell.run(folder, ENVIRONMENT, "/bin/sh", "-c", line);
            assertThat(run.exitCode()).as("%s%n%s", line, run.err()).isZero();
        }

        assertThat(Files.readAllLines(folder.resolve("vectors.jsonl"))).hasSize(2).allMatch(line -> line.contains("\"embedding\":["));
        assertThat(folder.resolve("tutti-index")).isNotEmptyDirectory();
    }

    @Test
    void aPersonSeesLinesThatFitTheTerminal() throws Exception {
        if (!Files.isExecutable(Path.of("/usr/bin/script"))) {
            return;
        }
        String long200 = "a long text that goes on ".repeat(8);
        Shell run = Shell.run(folder, ENVIRONMENT, "/usr/bin/script", "-qec",
                "stty cols 70; ./tutti rerank 'Who sings?' 'The choir sings.' '%1$s' && ./tutti embed 'One' '%1$s' && ./tutti embed --input texts.jsonl --output out.jsonl && ./tutti index docs && ./tutti search --top 2 'a download that broke off'"
                        .formatted(long200), "/dev/null");

        String shown = run.out().replace("\r\n", "\n").replaceAll("\u001b\\[[0-9;]*[mK]", "");
        assertThat(run.exitCode()).as(shown).isZero();
        assertThat(shown.lines().map(line -> line.replaceAll(".*\r", ""))).allMatch(line -> line.codePointCount(0, line.length()) <= 80);
        assertThat(shown)
                .containsPattern("1   0\\.\\d{4}  The choir sings\\.\n2   0\\.\\d{4}  a long text that goes on .*…\n")
                .contains("BAAI/bge-small-en-v1.5, ", "out.jsonl: 2 texts in ", "tutti-index: 2 files added, 0 updated")
                .containsPattern("1  0\\.\\d{4}  docs/models\\.md:\\d+\n");
        assertThat(run.out()).as("the file's name stands out").contains("\u001b[1mdocs/");
    }
}
