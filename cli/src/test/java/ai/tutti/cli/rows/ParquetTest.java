package ai.tutti.cli.rows;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** Parquet files of others are read, and ours are written whole or not at all. */
final class ParquetTest {
    private static final Path OTHERS = Path.of("src/test/resources/parquet");
    private static final Run RUN = new Run(Map.of("model", "a"), "digest", new float[] {1, 0});

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"snappy", "gzip", "zstd", "lz4", "int96"})
    void everyTypeOfAnotherProgramIsRead(String name) throws IOException {
        List<Row> rows = rows(others(name));

        assertThat(rows).extracting(Row::text).containsExactly("The choir sings.", "Ein Stein: Grüße", "Bread");
        assertThat(rows).extracting(Row::place).last().asString().endsWith(name + ".parquet: row 3");
        String local = name.equals("int96") ? "\"2026-01-31T12:00:00Z\"" : "\"2026-01-31T12:00\"";
        assertThat(Json.writeText(rows.getFirst().fields())).isEqualTo(Json.writeText(Json.mapper().readTree("""
                {"id": 1, "small": 1, "u": 1, "text": "The choir sings.", "price": 1.10, "day": "2026-01-31", "at": "2026-01-31T12:00:00.123456Z", "local": %s,
                 "ok": true, "f": 1.5, "d": 0.1, "tags": ["a", "b"], "person": {"name": "x", "age": 3}, "m": {"k": 1},
                 "raw": "AP8=", "cat": "x", "time": "12:30"}""".formatted(local))));
        ObjectNode last = rows.getLast().fields();
        assertThat(Json.writeText(last)).startsWith("{\"id\":null,\"small\":3,\"u\":9223372036854775808,\"text\":\"Bread\",\"price\":-0.05,\"day\":\"1969-12-31\",\"at\":\"1960-01-01T00:00:00Z\"")
                .contains("\"f\":\"Infinity\",\"d\":-1.0E300,\"tags\":null,\"person\":{\"name\":null,\"age\":1},\"m\":null,\"raw\":\"\"");
    }

    @Test
    void parquetKeepsItsTypes() throws IOException {
        Path output = folder.resolve("out.parquet");
        RowInput.File input = others("snappy");
        write(output, input, Integer.MAX_VALUE);

        var again = new RowInput.File(output, RowFormat.PARQUET, "text");
        List<Row> rows = rows(again);
        assertThat(rows).hasSize(3);
        for (int i = 0; i < 3; i++) {
            ObjectNode fields = rows.get(i).fields();
            assertThat(Json.writeText(fields.remove("embedding"))).isEqualTo("[%d.0,0.25]".formatted(i));
            assertThat(Json.writeText(fields)).isEqualTo(Json.writeText(rows(input).get(i).fields()));
        }
        try (var ours = ParquetFiles.open(output); var theirs = ParquetFiles.open(input.path())) {
            var columns = ours.getFooter().getFileMetaData().getSchema().getFields();
            assertThat(columns.subList(0, columns.size() - 1)).isEqualTo(theirs.getFooter().getFileMetaData().getSchema().getFields());
            assertThat(columns.getLast()).hasToString("required group embedding (LIST) {\n  repeated group list {\n    required float element;\n  }\n}");
            assertThat(ours.getFooter().getFileMetaData().getKeyValueMetaData()).containsEntry("tutti.model", "a");
        }
        assertThat(again.survey().rows()).isEqualTo(3);
        assertThat(files()).containsExactly("out.parquet");
    }

    @Test
    void jsonBecomesTypedColumns() throws IOException {
        Path file = Files.writeString(folder.resolve("in.jsonl"), """
                {"text": "one", "whole": 1, "number": 1, "flag": true, "mixed": 1, "none": null, "list": [1]}
                {"text": "two", "whole": 9007199254740993, "number": 0.5, "flag": null, "mixed": "x", "late": "here"}
                """);
        Path output = folder.resolve("out.parquet");
        write(output, new RowInput.File(file, RowFormat.JSONL, "text"), Integer.MAX_VALUE);

        try (var ours = ParquetFiles.open(output)) {
            assertThat(ours.getFooter().getFileMetaData().getSchema().getFields().stream().map(Object::toString).limit(8)).containsExactly(
                    "optional binary text (STRING)", "optional int64 whole", "optional double number",
                    "optional boolean flag", "optional binary mixed (JSON)", "optional binary none (STRING)",
                    "optional binary list (JSON)", "optional binary late (STRING)");
        }
        assertThat(Json.writeText(rows(new RowInput.File(output, RowFormat.PARQUET, "text")).getLast().fields())).isEqualTo("""
                {"text":"two","whole":9007199254740993,"number":0.5,"flag":null,"mixed":"\\"x\\"","none":null,"list":null,"late":"here","embedding":[1.0,0.25]}""");
    }

    @Test
    void aBrokenRunIsGoneOnWithBehindAnyByte() throws IOException {
        RowInput.File input = others("snappy");
        Path whole = folder.resolve("whole.parquet");
        write(whole, input, Integer.MAX_VALUE);
        byte[] bytes = Files.readAllBytes(whole);
        Path output = folder.resolve("out.parquet");
        Path vectors = folder.resolve("out.parquet.vectors");
        write(output, input, 2);
        byte[] there = Files.readAllBytes(vectors);
        assertThat(there).hasSize(4 + 2 * 8);
        assertThat(output).doesNotExist();

        for (int length = 0; length <= there.length; length++) {
            write(output, input, 2);
            Files.write(vectors, Arrays.copyOf(there, length));
            write(output, input, Integer.MAX_VALUE);
            assertThat(Files.readAllBytes(output)).as("torn behind byte %d", length).isEqualTo(bytes);
            Files.delete(output);
        }
        assertThat(files()).containsExactly("whole.parquet");
    }

    @Test
    void anotherRunIsRefused() throws IOException {
        Path output = folder.resolve("out.parquet");
        write(output, others("snappy"), 2);
        var other = new Run(Map.of("model", "a"), "other", new float[] {1, 0});

        assertThatThrownBy(() -> open(output, others("snappy"), other).close()).hasMessageContaining("another input");
        write(output, others("snappy"), Integer.MAX_VALUE);
        assertThatThrownBy(() -> open(output, others("snappy"), RUN).close()).hasMessageContaining("is there already; --overwrite");
    }

    @Test
    void whatCannotBeReadIsOneLine() throws IOException {
        Path text = Files.writeString(folder.resolve("text.parquet"), "no Parquet, but long enough to be asked");
        for (String problem : List.of("brotli", "text", "column")) {
            RowInput.File input = switch (problem) {
                case "text" -> new RowInput.File(text, RowFormat.PARQUET, "text");
                case "column" -> new RowInput.File(OTHERS.resolve("many-snappy.parquet"), RowFormat.PARQUET, "id");
                default -> others(problem);
            };
            assertThatThrownBy(() -> rows(input)).isInstanceOf(RowException.class).message()
                    .doesNotContain("\n")
                    .contains(problem.equals("column") ? "the column 'id' holds no texts" : problem);
        }
    }

    private static RowInput.File others(String name) {
        return new RowInput.File(OTHERS.resolve("many-" + name + ".parquet"), RowFormat.PARQUET, "text");
    }

    private static List<Row> rows(RowInput input) throws IOException {
        var all = new ArrayList<Row>();
        try (RowReader rows = input.open()) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                all.add(row);
            }
        }
        return all;
    }

    private ParquetOutput open(Path output, RowInput input, Run run) throws IOException {
        try (var rows = new PeekReader(input.open())) {
            return ParquetOutput.open(output, "embedding", run, input, rows, false);
        }
    }

    private static void write(Path output, RowInput input, int most) throws IOException {
        try (var rows = new PeekReader(input.open());
                ParquetOutput written = ParquetOutput.open(output, "embedding", RUN, input, rows, false)) {
            for (long i = written.present(); i < most && rows.peek() != null; i++) {
                written.write(requireNonNull(rows.next()), new float[] {i, 0.25f});
                written.flush();
            }
            if (rows.peek() == null) {
                written.finish();
            }
        }
    }

    private List<String> files() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
