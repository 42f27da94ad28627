package ai.tutti.api;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.node.ObjectNode;

/** A string or an object. */
final class RerankDocumentDeserializer extends ValueDeserializer<RerankDocument> {
    private static final String EXPECTED = "a string or an object";

    @Override
    public RerankDocument deserialize(JsonParser parser, DeserializationContext context) {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            return new RerankDocument.Text(parser.getString());
        }
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            return new RerankDocument.Fields(context.readValue(parser, ObjectNode.class));
        }
        throw new UnexpectedValueException(parser, EXPECTED);
    }

    @Override
    public RerankDocument getNullValue(DeserializationContext context) {
        throw new UnexpectedValueException(context.getParser(), EXPECTED);
    }
}
