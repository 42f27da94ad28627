package ai.tutti.cli.rows;

import static java.util.Objects.requireNonNull;

import ai.tutti.api.Json;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A record a row, the vector as a JSON list in the last column. The first row's fields are the columns. */
final class CsvLayout implements RowLayout {
    private final String field;
    private final char delimiter;
    private @Nullable List<String> columns;

    CsvLayout(String field, char delimiter) {
        this.field = field;
        this.delimiter = delimiter;
    }

    @Override
    public String head(Row first) {
        if (first.fields().has(field)) {
            throw RowLayout.taken(first, field);
        }
        columns = List.copyOf(first.fields().propertyNames());
        var head = new StringJoiner(String.valueOf(delimiter), "", "\n");
        columns.forEach(column -> head.add(Csv.cell(column, delimiter)));
        return head.add(Csv.cell(field, delimiter)).toString();
    }

    @Override
    public String beginning(Row row) {
        List<String> names = requireNonNull(columns, "the head comes first");
        for (String name : row.fields().propertyNames()) {
            if (!names.contains(name)) {
                throw new RowException("%s: has a field '%s' that the first row has not, and so has no column; --to jsonl holds it"
                        .formatted(row.place(), name));
            }
        }
        var cells = new StringBuilder();
        for (String name : names) {
            cells.append(Csv.cell(text(row.fields().get(name)), delimiter)).append(delimiter);
        }
        return cells.append(quote()).append('[').toString();
    }

    @Override
    public String ending() {
        return "]" + quote() + "\n";
    }

    @Override
    public char delimiter() {
        return delimiter;
    }

    private String quote() {
        return delimiter == ',' ? "\"" : "";
    }

    /** Texts as they are, nothing for null, everything else as JSON. */
    private static String text(@Nullable JsonNode value) {
        if (value == null || value.isNull()) {
            return "";
        }
        return value.isString() ? value.stringValue() : Json.writeText(value);
    }
}
