package ai.tutti.api;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;

/** A vector as a list of numbers or as base64 of its little-endian 32-bit floats. */
final class VectorDeserializer extends ValueDeserializer<float[]> {
    @Override
    public float[] deserialize(JsonParser parser, DeserializationContext context) {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            return context.readValue(parser, float[].class);
        }
        byte[] bytes = parser.getBinaryValue();
        if (bytes.length % Float.BYTES != 0) {
            throw new UnexpectedValueException(parser, "base64 of 32-bit floats");
        }
        float[] vector = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
        return vector;
    }
}
