package ai.tutti.cli.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read from files, and handed on to others. */
final class RowsTest {
    private static final float[] VECTOR = {0.5f, -1e-7f, 16777216f};
    private static final String NUMBERS = "[0.5,-1.0E-7,1.6777216E7]";

    @TempDir
    private Path folder;

    @Test
    void jsonIsHandedOnToTheLetter() throws IOException {
        RowInput input = file("in.jsonl", "\ufeff{\"text\": \"a\\u00e9\", \"n\": 1.10, \"big\": 1e400 }\r\n\n  {\"id\":12345678901234567890,\"text\":\"ü\"}");

        assertThat(texts(input)).containsExactly("aé", "ü");
        assertThat(written(input, RowFormat.JSONL)).isEqualTo("""
                {"text": "a\\u00e9", "n": 1.10, "big": 1e400,"embedding":%s}
                {"id":12345678901234567890,"text":"ü","embedding":%s}
                """.formatted(NUMBERS, NUMBERS));
        assertThat(written(input, RowFormat.TSV)).as("the second row's id has no column").isNull();
    }

    @Test
    void csvIsReadAsOthersWriteIt() throws IOException {
        RowInput input = file("in.csv", "\ufeffid,text,\"a \"\"note\"\"\"\r\n1,\"two\r\nlines, one cell\",x\r\n\r\n2,a \"quote\" within,\r\n3,,\"\"");

        assertThat(texts(input)).containsExactly("two\r\nlines, one cell", "a \"quote\" within", "");
        assertThat(written(input, RowFormat.CSV)).isEqualTo("""
                id,text,"a ""note""\",embedding
                1,"two\r
                lines, one cell",x,"%1$s"
                2,"a ""quote"" within",,"%1$s"
                3,,,"%1$s"
                """.formatted(NUMBERS));
        assertThat(written(input, RowFormat.JSONL)).startsWith("{\"id\":\"1\",\"text\":\"two\\r\\nlines, one cell\",\"a \\\"note\\\"\":\"x\",\"embedding\":[");
    }

    @Test
    void tabsPartCellsToo() throws IOException {
        RowInput input = file("in.tsv", "text\tid\na, b\t1\n\t2\n");

        assertThat(texts(input)).containsExactly("a, b", "");
        assertThat(written(input, RowFormat.TSV)).isEqualTo("text\tid\tembedding\na, b\t1\t%1$s\n\t2\t%1$s\n".formatted(NUMBERS));
    }

    @Test
    void plainLinesAreTexts() throws IOException {
        RowInput input = file("in.txt", "one\n\n two \r\nthree");

        assertThat(texts(input)).containsExactly("one", " two ", "three");
        assertThat(input.survey()).extracting(RowInput.Survey::rows).isEqualTo(3L);
    }

    @Test
    void jsonBecomesCellsAsItIs() throws IOException {
        RowInput input = file("in.jsonl", "{\"text\":\"t\",\"list\":[1,\"a\"],\"none\":null,\"n\":1.50}\n{\"text\":\"u\"}\n");

        assertThat(written(input, RowFormat.CSV)).isEqualTo("""
                text,list,none,n,embedding
                t,"[1,""a""]",,1.50,"%1$s"
                u,,,,"%1$s"
                """.formatted(NUMBERS));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
            in.jsonl | {"text": "a"}~{"text": 1}          | in.jsonl: line 2: the field 'text' is of type number, not a text
            in.jsonl | {"text": null}                     | line 1: the field 'text' is null
            in.jsonl | {"id": 1}                          | line 1: has no field 'text' (it has id); --field
            in.jsonl | ["text"]                           | line 1: is not a JSON object
            in.jsonl | {"text": "a"} {"text": "b"}        | line 1: is not JSON
            in.jsonl | {"text": "a", "text": "b"}         | line 1: is not JSON
            in.jsonl | {"text": "a"~                      | line 1: is not JSON
            in.jsonl | {"text": "a", "embedding": [1]}    | line 1: has a 'embedding' already; --embedding-field
            in.csv   | id,body~1,x                        | line 1: names no column 'text' (it names id, body); --field
            in.csv   | text,text~1,x                      | line 1: names the column 'text' twice
            in.csv   | text,id~a,1~b                      | line 3: has 1 cells, and the first line names 2 columns
            in.csv   | text,id~"a"b,1                     | line 2: a quoted cell goes on behind its closing quote
            in.csv   | text,id~x,1~"a,2~                  | line 3: a quoted cell does not end
            """)
    void whatCannotBeReadIsNamedByItsLine(String name, String content, String message) throws IOException {
        RowInput input = file(name, content.replace('~', '\n'));

        assertThatThrownBy(() -> write(input, RowFormat.JSONL, new ByteArrayOutputStream()))
                .isInstanceOf(RowException.class)
                .hasMessageContaining(message);
    }

    @Test
    void otherEncodingsAreRefused() throws IOException {
        Path file = Files.write(folder.resolve("latin.txt"), "one\nGrüße\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> texts(new RowInput.File(file, RowFormat.TEXT, "text"))).hasMessageEndingWith("line 2: is not UTF-8 text");
    }

    @Test
    void theSurveyCountsRowsAndSeesEveryChange() throws IOException {
        var surveys = new ArrayList<RowInput.Survey>();
        for (String content : List.of("text,id\n\"a\nb\",1\nc,2\n", "text,id\n\"a\nb\",1\nc,3\n", "text,id\n\"a\nb\",1\nc,2\nd,3\n")) {
            surveys.add(file("in.csv", content).survey());
        }

        assertThat(surveys).extracting(RowInput.Survey::rows).containsExactly(2L, 2L, 3L);
        assertThat(surveys).extracting(RowInput.Survey::digest).doesNotHaveDuplicates();
    }

    private RowInput.File file(String name, String content) throws IOException {
        Path file = Files.writeString(folder.resolve(name), content);
        return new RowInput.File(file, java.util.Objects.requireNonNull(RowFormat.of(file)), "text");
    }

    private static List<String> texts(RowInput input) throws IOException {
        var texts = new ArrayList<String>();
        try (RowReader rows = input.open()) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                texts.add(row.text());
            }
        }
        return texts;
    }

    /** What it is in another format; null when it cannot be. */
    private static @Nullable String written(RowInput input, RowFormat format) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try {
            write(input, format, bytes);
        } catch (RowException e) {
            return null;
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static void write(RowInput input, RowFormat format, ByteArrayOutputStream bytes) throws IOException {
        var output = new StreamOutput(new PrintStream(bytes, false), format, "embedding");
        try (RowReader rows = input.open()) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                output.write(row, VECTOR);
            }
        }
        output.finish();
    }
}
