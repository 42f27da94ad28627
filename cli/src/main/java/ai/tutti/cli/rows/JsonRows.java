package ai.tutti.cli.rows;

import ai.tutti.api.Json;
import java.io.InputStream;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON Lines: an object a line, one of whose fields is the text. */
final class JsonRows extends LineRows {
    private final String field;

    JsonRows(InputStream in, String file, String field) {
        super(in, file, (char) 0);
        this.field = field;
    }

    @Override
    Row row(String line, String place) {
        ObjectNode object = object(line, place);
        JsonNode text = object.get(field);
        if (text == null) {
            throw new RowException("%s: has no field '%s' (it has %s); --field names the one with the text"
                    .formatted(place, field, object.isEmpty() ? "none" : String.join(", ", object.propertyNames())));
        }
        if (!text.isString()) {
            throw new RowException("%s: the field '%s' is %s, not a text".formatted(place, field, kind(text)));
        }
        return new Row(place, text.stringValue(), object, line.strip());
    }

    private static ObjectNode object(String line, String place) {
        try {
            if (Json.mapper().readTree(line) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            String why = e.getOriginalMessage().lines().findFirst().orElse("").strip();
            throw new RowException("%s: is not JSON: %s".formatted(place, why), e);
        }
        throw new RowException(place + ": is not a JSON object");
    }

    private static String kind(JsonNode node) {
        return node.isNull() ? "null" : "of type " + node.getNodeType().name().toLowerCase(Locale.ROOT);
    }
}
