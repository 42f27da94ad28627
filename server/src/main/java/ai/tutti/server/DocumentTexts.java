package ai.tutti.server;

import ai.tutti.api.Json;
import ai.tutti.api.RerankDocument;
import java.util.Collection;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A rerank document as a text. */
final class DocumentTexts {
    private DocumentTexts() {}

    /**
     * The text that is scored. An object gives a line {@code key: value} for each field, strings as they are and other
     * values as compact JSON.
     *
     * @param fields which fields count and in which order; null or none: all, in their own order
     * @param index the document's place, for messages
     * @throws ApiException 400 when the object has none of the fields
     */
    static String toRank(RerankDocument document, @Nullable List<String> fields, int index) {
        return switch (document) {
            case RerankDocument.Text text -> text.text();
            case RerankDocument.Fields object -> {
                boolean chosen = fields != null && !fields.isEmpty();
                Collection<String> keys = fields == null || !chosen ? object.fields().propertyNames() : fields;
                StringJoiner lines = new StringJoiner("\n");
                for (String key : keys) {
                    JsonNode value = object.fields().get(key);
                    if (value != null) {
                        lines.add(key + ": " + (value.isString() ? value.stringValue() : Json.writeText(value)));
                    }
                }
                if (chosen && lines.length() == 0) {
                    String field = "documents[" + index + "]";
                    throw Errors.invalid(field, "`" + field + "` has none of the `rank_fields`");
                }
                yield lines.toString();
            }
        };
    }

    /** The text that the reply shows: an object as compact JSON, as Together does. */
    static String toShow(RerankDocument document) {
        return switch (document) {
            case RerankDocument.Text text -> text.text();
            case RerankDocument.Fields object -> Json.writeText(object.fields());
        };
    }
}
