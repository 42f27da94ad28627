package ai.tutti.cli.rows;

import static java.util.Objects.requireNonNull;

import org.apache.parquet.example.data.Group;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A text with what stands beside it.
 *
 * @param place where it comes from, for messages: {@code docs.jsonl: line 12}
 * @param text what is embedded
 * @param fields all of the row by name, in its own order, the text among them
 * @param json the row's own JSON, which is handed on to the letter; null where it has none
 * @param group the row as Parquet has it, which is handed on with its types; null where it is none
 */
public record Row(String place, String text, ObjectNode fields, @Nullable String json, @Nullable Group group) {
    public Row {
        requireNonNull(place, "place is null");
        requireNonNull(text, "text is null");
        requireNonNull(fields, "fields is null");
    }

    /** A row of a text file. */
    Row(String place, String text, ObjectNode fields, @Nullable String json) {
        this(place, text, fields, json, null);
    }
}
