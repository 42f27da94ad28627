package ai.tutti.client;

import ai.tutti.api.Json;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ObjectNode;

/** JSON to send, strict, and JSON that came, read as kindly as its meaning allows. */
final class Wire {
    private static final ObjectReader READER = Json.mapper()
            .reader()
            .with(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .without(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .without(StreamReadFeature.STRICT_DUPLICATE_DETECTION);

    private Wire() {}

    /**
     * A request's body.
     *
     * @param extras fields that the request has not, or that take the place of its own
     * @throws IllegalArgumentException when it cannot be written, for instance for half a surrogate pair in a text
     */
    static byte[] write(Object request, Map<String, @Nullable Object> extras) {
        try {
            if (extras.isEmpty()) {
                return Json.write(request);
            }
            ObjectNode tree = Json.mapper().valueToTree(request);
            extras.forEach((name, value) -> tree.set(name, Json.mapper().valueToTree(value)));
            return Json.write(tree);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("the request cannot be written as JSON: " + e.getOriginalMessage(), e);
        } catch (StackOverflowError e) { // a tree of nodes is built without looking at its depth
            throw new IllegalArgumentException("the request cannot be written as JSON: it is nested too deeply", e);
        }
    }

    /** Reads a whole reply. */
    static <T> Function<Reply, T> reader(Class<T> type) {
        return reply -> read(reply.body(), type);
    }

    /**
     * Reads one value.
     *
     * @throws UnexpectedReplyException when it is not of that shape
     */
    static <T> T read(byte[] json, Class<T> type) {
        try {
            T value = READER.forType(type).readValue(json);
            if (value != null) {
                return value;
            }
        } catch (JacksonException e) {
            String what = e.getOriginalMessage() + "; it begins: " + Failure.start(json);
            throw new UnexpectedReplyException("the reply is not the JSON that it should be: " + what, e);
        }
        throw new UnexpectedReplyException("the reply should be JSON and is null");
    }
}
