package ai.tutti.cli.rows;

import ai.tutti.api.Json;
import java.io.InputStream;

/** A text a line. */
final class TextRows extends LineRows {
    private final String field;

    TextRows(InputStream in, String file, String field) {
        super(in, file, (char) 0);
        this.field = field;
    }

    @Override
    Row row(String line, String place) {
        return of(line, field, place);
    }

    /** A text with nothing beside it. */
    static Row of(String text, String field, String place) {
        return new Row(place, text, Json.mapper().createObjectNode().put(field, text), null);
    }
}
