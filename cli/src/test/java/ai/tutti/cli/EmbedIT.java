package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** {@code tutti embed} from the built distribution, killed, interrupted, and left alone by those who read it. */
@DisabledOnOs(OS.WINDOWS)
final class EmbedIT {
    private static final String TUTTI = Path.of("target/tutti/bin/tutti").toAbsolutePath().toString();
    private static final Map<String, String> ENVIRONMENT =
            Map.of("JAVA_HOME", System.getProperty("java.home"), "PATH", "/usr/bin:/bin");
    private static final int ROWS = 500;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"jsonl", "parquet"})
    void killedAgainAndAgainItLosesAndRepeatsNothing(String format) throws Exception {
        Path input = input();
        Path output = folder.resolve("out." + format);
        Path growing = format.equals("parquet") ? folder.resolve("out.parquet.vectors") : output;
        var random = new Random(1);
        int kills = 0;
        for (int i = 0; i < 2; i++) {
            long before = size(growing);
            Process run = start(input, output);
            long enough = before + 1 + random.nextInt(150_000);
            while (run.isAlive() && size(growing) < enough) {
                Thread.sleep(5);
            }
            run.destroyForcibly();
            kills += run.waitFor() == 137 ? 1 : 0;
        }
        assertThat(kills).isPositive();
        tear(growing, random);

        Shell last = Shell.end(start(input, output));

        assertThat(last.exitCode()).as(last.err()).isZero();
        assertThat(last.err()).contains("Going on behind ", "out.%s: 500 texts".formatted(format));
        Path whole = folder.resolve("whole." + format);
        assertThat(Shell.end(start(input, whole)).exitCode()).isZero();
        assertThat(output).hasSameBinaryContentAs(whole);
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(input, output, whole);
        }
    }

    @Test
    void theFileThatStandardInputReadsIsNotWrittenOver() throws Exception {
        Path texts = Files.writeString(folder.resolve("texts.jsonl"), "{\"text\": \"One\"}\n");
        Shell run = Shell.run(folder, ENVIRONMENT, "/bin/sh", "-c",
                TUTTI + " embed --from jsonl < texts.jsonl --output ./texts.jsonl --overwrite");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).isEqualTo("tutti: --output: ./texts.jsonl is the input; write to another file\n");
        assertThat(texts).hasContent("{\"text\": \"One\"}");
    }

    @Test
    void aKilledIndexLosesAndRepeatsNothing() throws Exception {
        Path texts = Files.createDirectories(folder.resolve("texts"));
        for (int i = 0; i < 80; i++) {
            Files.writeString(texts.resolve(i + ".txt"), "File number %d says something. ".formatted(i).repeat(5 + i % 40));
        }
        Path index = folder.resolve("index");
        String[] command = {TUTTI, "index", texts.toString(), "--index", index.toString(), "--threads", "1"};
        int kills = 0;
        for (int i = 1; i <= 2; i++) {
            Process run = Shell.start(folder, ENVIRONMENT, command);
            for (int waited = 0; run.isAlive() && waited < 300 && files(index) < 4L * i; waited++) {
                Thread.sleep(10);
            }
            run.destroyForcibly();
            kills += run.waitFor() == 137 ? 1 : 0;
        }
        assertThat(kills).isPositive();

        Shell last = Shell.end(Shell.start(folder, ENVIRONMENT, command));
        assertThat(last.exitCode()).as(last.err()).isZero();
        Shell fresh = Shell.run(folder, ENVIRONMENT, TUTTI, "index", texts.toString());
        assertThat(passages(last)).isEqualTo(passages(fresh));
        assertThat(passages(fresh)).isGreaterThan(80);
    }

    private static int passages(Shell run) {
        return JsonMapper.shared().readTree(run.out()).path("passages").intValue();
    }

    private static long files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (var files = Files.list(folder)) {
            return files.count();
        }
    }

    @Test
    void interruptedItEndsAtOnceAndSaysHowToGoOn() throws Exception {
        Path output = folder.resolve("out.jsonl");
        Process run = start(input(8_000), output);
        while (run.isAlive() && size(output) == 0) {
            Thread.sleep(5);
        }
        assertThat(new ProcessBuilder("kill", "-INT", "" + run.pid()).start().waitFor()).isZero();

        assertThat(run.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(run.exitValue()).isEqualTo(130);
        assertThat(new String(run.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).lines())
                .singleElement().asString().contains("of 8,000 texts are in", "the same command goes on");
    }

    @Test
    void aReaderThatHasEnoughIsNoFault() throws Exception {
        Shell run = Shell.run(folder, ENVIRONMENT, "/bin/sh", "-c",
                "'%s' embed --input '%s' | head -n 1 | cut -c 1-10".formatted(TUTTI, input()));

        assertThat(run.out()).isEqualTo("{\"id\": 0, \n");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void argumentsAreUtf8WhateverTheLocale() throws Exception {
        Shell run = Shell.run(folder, ENVIRONMENT, TUTTI, "embed", "Grüße, 世界");

        assertThat(run.out()).startsWith("{\"text\":\"Grüße, 世界\",\"embedding\":[");
        assertThat(run.err()).isEmpty();
    }

    private Path input() throws IOException {
        return input(ROWS);
    }

    private Path input(int rows) throws IOException {
        var lines = new ArrayList<String>();
        for (int i = 0; i < rows; i++) {
            lines.add("{\"id\": %d, \"text\": \"%s\"}".formatted(i, "row number %d, ".formatted(i).repeat(1 + i % 5)));
        }
        return Files.write(folder.resolve("in.jsonl"), lines);
    }

    private Process start(Path input, Path output) throws IOException {
        List<String> command = List.of(TUTTI, "embed", "--input", input.toString(), "--output", output.toString(), "--threads", "1");
        return Shell.start(folder, ENVIRONMENT, command.toArray(String[]::new));
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    /** Takes some bytes off the end, as a machine that lost its power may. */
    private static void tear(Path file, Random random) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1 - random.nextInt(3000)));
    }
}
