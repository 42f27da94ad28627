package ai.tutti.api;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamContext;

/** Halves of characters, which JSON in UTF-8 can only hold as escapes: {@code \ud83d} without {@code \ude00} behind it. */
final class HalfCharacters {
    /** The second digit of the escape of a pair's first half, behind the {@code d}. */
    private static final String FIRST = "89ab";

    private static final String SECOND = "cdef";

    private HalfCharacters() {}

    /** Refuses what has one, in whatever field. The JSON is valid, and so are the names in it, which the parser looks at. */
    static void refuse(byte[] json) {
        if (!escapesOne(json)) {
            return;
        }
        try (JsonParser parser = Json.mapper().createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.VALUE_STRING && holdsOne(parser.getString())) {
                    throw fault(path(parser.streamReadContext()));
                }
            }
        }
    }

    private static InvalidJsonException fault(String path) {
        String message = "`%s` has half a character: \\ud800 to \\udfff mean something only in pairs".formatted(path);
        return new InvalidJsonException(path, message, null);
    }

    /** Whether an escape of a half stands alone; few bodies are worth a closer look. */
    private static boolean escapesOne(byte[] json) {
        for (int i = 0; i < json.length; i++) {
            if (json[i] != '\\') {
                continue;
            }
            if (isHalf(json, i, FIRST) && isHalf(json, i + 6, SECOND)) {
                i += 11;
            } else if (isHalf(json, i, FIRST) || isHalf(json, i, SECOND)) {
                return true;
            } else {
                i++; // what is escaped may be a backslash
            }
        }
        return false;
    }

    private static boolean isHalf(byte[] json, int at, String digits) {
        return at + 3 < json.length
                && json[at] == '\\'
                && json[at + 1] == 'u'
                && (json[at + 2] | 0x20) == 'd'
                && digits.indexOf(json[at + 3] | 0x20) >= 0;
    }

    private static boolean holdsOne(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (Character.codePointAt(text, i) < Character.MIN_SUPPLEMENTARY_CODE_POINT) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    private static String path(TokenStreamContext at) {
        TokenStreamContext parent = at.getParent();
        if (parent == null) {
            return "";
        }
        String path = path(parent);
        if (at.inArray()) {
            return path + "[" + at.getCurrentIndex() + "]";
        }
        return path.isEmpty() ? at.currentName() : path + "." + at.currentName();
    }
}
