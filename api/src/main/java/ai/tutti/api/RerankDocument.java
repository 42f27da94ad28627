package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.node.ObjectNode;

/** A document to be ranked: a text, or an object whose fields make the text. */
@JsonDeserialize(using = RerankDocumentDeserializer.class)
public sealed interface RerankDocument {
    /** A plain text. */
    record Text(@JsonValue String text) implements RerankDocument {
        public Text {
            requireNonNull(text, "text is null");
        }
    }

    /** An object; its keys keep their order, its values may be of any type. */
    record Fields(@JsonValue ObjectNode fields) implements RerankDocument {
        public Fields {
            requireNonNull(fields, "fields is null");
        }
    }
}
