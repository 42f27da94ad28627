package ai.tutti.cli.rows;

import ai.tutti.api.Json;
import java.io.InputStream;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** CSV whose first record names the columns, one of which is the text. */
final class CsvRows extends LineRows {
    private final String field;
    private final char delimiter;
    private @Nullable List<String> columns;

    CsvRows(InputStream in, String file, char delimiter, String field) {
        super(in, file, delimiter);
        this.delimiter = delimiter;
        this.field = field;
    }

    @Override
    @Nullable Row row(String line, String place) {
        List<String> cells = Csv.cells(line, delimiter, place);
        if (columns == null) {
            columns = columns(cells, place);
            return null;
        }
        if (cells.size() != columns.size()) {
            throw new RowException("%s: has %d cells, and the first line names %d columns"
                    .formatted(place, cells.size(), columns.size()));
        }
        ObjectNode fields = Json.mapper().createObjectNode();
        for (int i = 0; i < columns.size(); i++) {
            fields.put(columns.get(i), cells.get(i));
        }
        return new Row(place, cells.get(columns.indexOf(field)), fields, null);
    }

    private List<String> columns(List<String> cells, String place) {
        if (!cells.contains(field)) {
            throw new RowException("%s: names no column '%s' (it names %s); --field names the one with the text"
                    .formatted(place, field, String.join(", ", cells)));
        }
        var seen = new HashSet<String>();
        for (String cell : cells) {
            if (!seen.add(cell)) {
                throw new RowException("%s: names the column '%s' twice".formatted(place, cell));
            }
        }
        return cells;
    }
}
