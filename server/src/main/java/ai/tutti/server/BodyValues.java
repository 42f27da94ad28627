package ai.tutti.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamContext;

/**
 * Counts the values of a body's JSON before objects are made of them: a body within the limit of its length can hold millions
 * of tiny ones, and a {@code {}} of three bytes is an object of a hundred. The count stops where a limit is passed.
 *
 * <p>The limit is twice that of tokens, or {@value #LEAST} if that is more. Every text and every token id has at least one
 * token, and every list of token ids at least one id, so the limit of tokens lets pass no more of them. It is a limit of its own
 * only for what is no text: fields of documents that are not ranked, and fields that are not known.
 */
final class BodyValues {
    /** How many values are never too many. */
    static final long LEAST = 1_000_000;

    /** The most that a token of JSON weighs, which has a byte at least. */
    static final int HEAVIEST = 128;

    private BodyValues() {}

    /** How many values a request may have where it may have so many tokens. */
    static long limit(long tokens) {
        return Math.max(LEAST, tokens > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : 2 * tokens);
    }

    /**
     * About how many bytes the objects take that the JSON becomes. JSON that is malformed is weighed to the fault, and left to who
     * binds it.
     *
     * @throws ApiException when there are more values than {@code limit}, or they take more than {@code room} bytes; names the
     *     request's field
     */
    static long weigh(byte[] json, long limit, long room) {
        long values = 0;
        long bytes = 0;
        try (JsonParser parser = JsonTokens.of(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                values += token.isScalarValue() || token.isStructStart() ? 1 : 0;
                if (values > limit) {
                    throw Errors.tooManyValues(field(parser), limit);
                }
                bytes += bytes(token);
                if (bytes > room) {
                    throw Errors.valuesTooLarge(field(parser));
                }
            }
        } catch (JacksonException e) {
            return bytes; // the same fault is met again where the body is bound, and is put in words there
        }
        return bytes;
    }

    /** About what an object takes in the Java heap beside its text, whose length is the body's. */
    private static int bytes(JsonToken token) {
        return switch (token) {
            case START_OBJECT -> HEAVIEST;
            case START_ARRAY, PROPERTY_NAME -> 96;
            case VALUE_STRING -> 64;
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE, VALUE_NULL -> 32;
            case END_OBJECT, END_ARRAY, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> 0;
        };
    }

    /** The field of the outermost object that is being read; null: there is none. */
    private static @Nullable String field(JsonParser parser) {
        String name = null;
        for (TokenStreamContext at = parser.streamReadContext(); at != null && !at.inRoot(); at = at.getParent()) {
            name = at.currentName();
        }
        return name;
    }
}
