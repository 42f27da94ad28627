package ai.tutti.server;

import ai.tutti.api.Json;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The name of the model in a JSON object of the chat API, which is its field {@code model}. It is replaced where it stands, and
 * every other byte stays as it is: what neither side knows of the other passes unchanged, numbers to their last digit.
 */
final class ModelField {
    private final byte[] object;
    private final int from;
    private final int to;

    private ModelField(byte[] object, int from, int to) {
        this.object = object;
        this.from = from;
        this.to = to;
    }

    /** Whether the bytes are one JSON object and nothing else. */
    static boolean isObject(byte[] json) {
        try (JsonParser parser = JsonTokens.of(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (JacksonException e) {
            return false;
        }
    }

    /** The field of a JSON object in UTF-8; null where it has none, or is no JSON object. */
    static @Nullable ModelField of(byte[] object) {
        try (JsonParser parser = JsonTokens.of(object)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean found = parser.currentName().equals("model");
                parser.nextToken();
                if (found) {
                    long from = parser.currentTokenLocation().getByteOffset();
                    parser.skipChildren();
                    parser.finishToken();
                    long to = parser.currentLocation().getByteOffset();
                    return from < 0 ? null : new ModelField(object, Math.toIntExact(from), Math.toIntExact(to));
                }
                parser.skipChildren();
            }
            return null;
        } catch (JacksonException e) {
            return null;
        }
    }

    /** The object with another model. */
    byte[] replacedBy(String name) {
        byte[] value = Json.write(name);
        byte[] replaced = Arrays.copyOf(object, object.length - (to - from) + value.length);
        System.arraycopy(value, 0, replaced, from, value.length);
        System.arraycopy(object, to, replaced, from + value.length, object.length - to);
        return replaced;
    }
}
