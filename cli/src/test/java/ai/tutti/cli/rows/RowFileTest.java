package ai.tutti.cli.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run that broke off is gone on with, wherever it broke. */
final class RowFileTest {
    private static final Run RUN = new Run(Map.of("model", "a"), "digest", new float[] {1, 0});

    @TempDir
    private Path folder;

    private RowInput input;

    @BeforeEach
    void input() throws IOException {
        Path file = Files.writeString(folder.resolve("in.csv"), "id,text\n1,one\n2,\"two\nlines, \"\"quoted\"\"\"\n3,drüben\n4,\n");
        input = new RowInput.File(file, RowFormat.CSV, "text");
    }

    @ParameterizedTest
    @EnumSource(names = {"JSONL", "CSV", "TSV"})
    void goesOnBehindAnyByte(RowFormat format) throws IOException {
        Path whole = folder.resolve("whole");
        write(whole, format, Integer.MAX_VALUE);
        byte[] bytes = Files.readAllBytes(whole);
        assertThat(RunNote.of(whole)).doesNotExist();

        for (int length = 0; length <= bytes.length; length++) {
            Path torn = folder.resolve("torn" + length);
            write(torn, format, 1);
            Files.write(torn, java.util.Arrays.copyOf(bytes, length));
            write(torn, format, Integer.MAX_VALUE);

            assertThat(Files.readAllBytes(torn)).as("torn behind byte %d", length).isEqualTo(bytes);
            assertThat(RunNote.of(torn)).doesNotExist();
        }
    }

    @Test
    void saysHowManyRowsAreThere() throws IOException {
        Path file = folder.resolve("out");
        write(file, RowFormat.JSONL, 3);

        try (var rows = new PeekReader(input.open());
                RowFile output = RowFile.open(file, RowFormat.JSONL, "embedding", RUN, rows, false)) {
            assertThat(output.present()).isEqualTo(3);
            assertThat(rows.next()).extracting(Row::place).asString().endsWith("in.csv: line 6");
        }
    }

    @Test
    void goingOnLeavesTheNoteAlone() throws IOException {
        Path file = folder.resolve("out");
        write(file, RowFormat.JSONL, 1);
        FileTime then = FileTime.from(Instant.parse("2026-01-31T12:00:00Z"));
        Files.setLastModifiedTime(RunNote.of(file), then);

        write(file, RowFormat.JSONL, 2);

        assertThat(Files.getLastModifiedTime(RunNote.of(file))).isEqualTo(then);
    }

    @Test
    void anotherRunIsRefusedAndHarmsNothing() throws IOException {
        Path file = folder.resolve("out");
        write(file, RowFormat.JSONL, 2);
        byte[] before = Files.readAllBytes(file);

        assertRefused(file, new Run(Map.of("model", "b"), "digest", new float[] {1, 0}), "another model (a then, b now); --overwrite");
        assertRefused(file, new Run(Map.of("model", "a"), "other", new float[] {1, 0}), "another input (it has changed since)");
        assertRefused(file, new Run(Map.of("model", "a"), "digest", new float[] {1, 0.1f}), "another model of that name");
        assertThat(file).hasBinaryContent(before);
    }

    @Test
    void aFileThatNoRunBeganIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("out"), "mine\n");

        assertRefused(file, RUN, "is there already; --overwrite replaces it");
        assertThat(file).hasContent("mine\n");
        assertThat(RunNote.of(file)).doesNotExist();
    }

    @Test
    void aFileThatSomebodyChangedIsRefused() throws IOException {
        Path file = folder.resolve("out");
        write(file, RowFormat.JSONL, 3);
        Files.writeString(file, Files.readString(file).replace("one", "One"));

        assertRefused(file, RUN, "line 1 is not what this input gives");
    }

    @Test
    void overwritingBeginsAnew() throws IOException {
        Path file = Files.writeString(folder.resolve("out"), "mine\n".repeat(1000));
        try (var rows = new PeekReader(input.open());
                RowFile output = RowFile.open(file, RowFormat.JSONL, "embedding", RUN, rows, true)) {
            copy(rows, output, Integer.MAX_VALUE);
            output.finish();
        }

        assertThat(Files.readAllLines(file)).hasSize(4).noneMatch(line -> line.contains("mine"));
    }

    @Test
    void twoRunsNeverWriteTheSame() throws IOException {
        Path file = folder.resolve("out");
        try (var rows = new PeekReader(input.open());
                RowFile output = RowFile.open(file, RowFormat.JSONL, "embedding", RUN, rows, false)) {
            assertThat(output.present()).isZero();
            assertRefused(file, RUN, "is being written by another run");
        }
    }

    private void assertRefused(Path file, Run run, String message) throws IOException {
        try (var rows = new PeekReader(input.open())) {
            assertThatThrownBy(() -> RowFile.open(file, RowFormat.JSONL, "embedding", run, rows, false))
                    .isInstanceOf(RowException.class)
                    .hasMessageContaining(message);
        }
    }

    /** Runs until so many rows are there. */
    private void write(Path file, RowFormat format, int most) throws IOException {
        try (var rows = new PeekReader(input.open());
                RowFile output = RowFile.open(file, format, "embedding", RUN, rows, false)) {
            copy(rows, output, most);
            if (rows.peek() == null) {
                output.finish();
            }
        }
    }

    private static void copy(PeekReader rows, RowFile output, int most) throws IOException {
        for (long i = output.present(); i < most && rows.peek() != null; i++) {
            Row row = java.util.Objects.requireNonNull(rows.next());
            output.write(row, new float[] {i, 0.25f});
            output.flush();
        }
    }
}
