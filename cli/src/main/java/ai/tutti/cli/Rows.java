package ai.tutti.cli;

import ai.tutti.api.Json;
import ai.tutti.cli.rows.Row;
import ai.tutti.cli.rows.RowInput;
import ai.tutti.cli.rows.RowReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Rows that are taken all at once, and answers of one line. */
final class Rows {
    private Rows() {}

    /** All rows of an input that fits the memory. */
    static List<Row> all(RowInput input) throws IOException {
        var all = new ArrayList<Row>();
        try (RowReader rows = input.open()) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                all.add(row);
            }
        }
        return all;
    }

    /** Prints a value as JSON in UTF-8, whatever the terminal speaks. */
    static void print(PrintStream out, Object value) {
        out.writeBytes(Json.write(value));
        out.write('\n');
        out.flush();
    }
}
