package ai.tutti.api;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/**
 * The one JSON mapper of the wire. Names are {@code snake_case}, unknown fields are ignored, types are strict: a number is
 * never taken for a string, nor {@code 1.0} for a whole number. A field that occurs twice is refused, as is nesting deeper
 * than {@value #MAX_DEPTH}; the length of a string is bounded only by the body's.
 */
public final class Json {
    /** How deep objects and lists may be nested. */
    public static final int MAX_DEPTH = 100;

    private static final JsonMapper MAPPER = JsonMapper.builder(factory())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS, MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .withCoercionConfig(LogicalType.Textual, config -> config
                    .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .withCoercionConfigDefaults(config -> config.setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail))
            .build();

    private Json() {}

    private static JsonFactory factory() {
        return JsonFactory.builder()
                .enable(
                        StreamReadFeature.USE_FAST_DOUBLE_PARSER,
                        StreamReadFeature.USE_FAST_BIG_NUMBER_PARSER,
                        StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxStringLength(Integer.MAX_VALUE)
                        .build())
                .build();
    }

    /** The mapper itself, for streaming and for trees. */
    public static JsonMapper mapper() {
        return MAPPER;
    }

    /**
     * Reads one value from UTF-8.
     *
     * @throws InvalidJsonException when the bytes are not UTF-8, the JSON is malformed or has not the type's shape; names the field
     */
    public static <T> T read(byte[] json, Class<T> type) {
        Utf8.require(json);
        T value;
        try (JsonParser parser = MAPPER.createParser(json)) {
            value = read(parser, type);
        }
        if (value == null) {
            throw new InvalidJsonException(
                    null, "the body must be a JSON object, not null", new NullPointerException("the JSON is null"));
        }
        return value;
    }

    /**
     * Reads a request whose texts are understood here: as {@link #read}, but for half characters, which are no text.
     *
     * @throws InvalidJsonException as {@link #read}, and when a text has an escape {@code d800} to
     *     {@code dfff} without its other half
     */
    public static <T> T readRequest(byte[] json, Class<T> type) {
        T request = read(json, type);
        HalfCharacters.refuse(json);
        return request;
    }

    private static <T> T read(JsonParser parser, Class<T> type) {
        try {
            return MAPPER.readValue(parser, type);
        } catch (JacksonException e) {
            throw JsonFaults.explain(e, parser);
        }
    }

    /** The value's JSON in UTF-8. */
    public static byte[] write(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    /** The value's JSON without white space. */
    public static String writeText(Object value) {
        return MAPPER.writeValueAsString(value);
    }
}
