package ai.tutti.api;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.databind.exc.InvalidNullException;
import tools.jackson.databind.exc.MismatchedInputException;

/**
 * Jackson's exceptions in words for the caller of an API: which field, what it must be, what it is instead. Jackson's own
 * messages speak of Java classes.
 */
final class JsonFaults {
    /** How much of a wrong value a message repeats. */
    private static final int SHOWN = 40;

    /** What Jackson adds for programmers: its switches, and where an object began in a form that says nothing. */
    private static final Pattern FOR_PROGRAMMERS = Pattern.compile("(: enable `| \\((start marker|for \\w+ starting) at "
            + "|: maybe a \\(non-standard\\) comment|: hexadecimal number literals require enabling).*$");

    /** A limit of Jackson's, with the switch that sets it. */
    private static final Pattern LIMIT = Pattern.compile("(.+) \\(\\d+\\) exceeds the maximum allowed \\((\\d+).*");

    private JsonFaults() {}

    /** Explains a fault of a parser that is still open, on the token that it stumbled over. */
    static InvalidJsonException explain(JacksonException fault, JsonParser parser) {
        String path = path(fault);
        if (fault instanceof MismatchedInputException mismatch) {
            return new InvalidJsonException(path, explainMismatch(mismatch, path, parser), fault);
        }
        if (fault instanceof InputCoercionException && path != null) {
            String message =
                    "`%s` must be a whole number of at most 32 bits, not %s".formatted(path, shorten(parser.getString()));
            return new InvalidJsonException(path, message, fault);
        }
        TokenStreamLocation at = fault.getLocation();
        String where = at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
        return new InvalidJsonException(null, "the body " + inWords(fault.getOriginalMessage()) + where, fault);
    }

    private static String inWords(String message) {
        Matcher limit = LIMIT.matcher(message);
        if (limit.matches()) {
            return "goes over a limit: %s of at most %s".formatted(limit.group(1).toLowerCase(Locale.ROOT), limit.group(2));
        }
        String what = FOR_PROGRAMMERS.matcher(message).replaceAll("");
        return "is not valid JSON: " + what.replace("VALUE_STRING", "a string");
    }

    private static String explainMismatch(MismatchedInputException fault, @Nullable String path, JsonParser parser) {
        if (path == null) {
            return parser.currentToken() == null
                    ? "the body is empty; send a JSON object"
                    : "the body must be one JSON object and nothing else";
        }
        if (fault instanceof InvalidNullException) {
            return "`" + path + "` must not be null";
        }
        if (parser.currentToken() == JsonToken.END_OBJECT) {
            return "`" + path + "` is required";
        }
        return "`%s` must be %s, not %s".formatted(path, expected(fault), found(fault, parser));
    }

    private static @Nullable String path(JacksonException fault) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference reference : fault.getPath()) {
            if (reference.getPropertyName() != null) {
                path.append(path.isEmpty() ? "" : ".").append(reference.getPropertyName());
            } else if (reference.getIndex() >= 0) {
                path.append('[').append(reference.getIndex()).append(']');
            }
        }
        return path.isEmpty() ? null : path.toString();
    }

    private static String expected(MismatchedInputException fault) {
        if (fault instanceof UnexpectedValueException unexpected) {
            return unexpected.expected();
        }
        Class<?> type = fault.getTargetType();
        if (type == null) {
            return "something else";
        }
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants())
                    .map(constant -> "\"" + constant.toString().toLowerCase(Locale.ROOT) + "\"")
                    .collect(Collectors.joining(" or "));
        }
        if (type == String.class) {
            return "a string";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (type == Integer.class || type == int.class || type == Long.class || type == long.class) {
            return "a whole number";
        }
        if (Number.class.isAssignableFrom(type) || type.isPrimitive()) {
            return "a number";
        }
        return Collection.class.isAssignableFrom(type) || type.isArray() ? "a list" : "a JSON object";
    }

    private static String found(MismatchedInputException fault, JsonParser parser) {
        if (fault instanceof UnexpectedValueException unexpected && unexpected.found() != null) {
            return unexpected.found();
        }
        JsonToken token = parser.currentToken();
        if (token == null) {
            return "missing";
        }
        return switch (token) {
            case START_ARRAY, END_ARRAY -> "a list";
            case START_OBJECT, END_OBJECT, PROPERTY_NAME -> "an object";
            case VALUE_STRING -> {
                Class<?> type = fault.getTargetType();
                yield type != null && type.isEnum() ? "\"" + shorten(parser.getString()) + "\"" : "a string";
            }
            case VALUE_NUMBER_INT -> "a number";
            case VALUE_NUMBER_FLOAT -> "a number with a fraction";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            case VALUE_NULL -> "null";
            case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> "something else";
        };
    }

    private static String shorten(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }
}
