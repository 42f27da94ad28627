package ai.tutti.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;

/**
 * UTF-8 to the letter. Jackson takes overlong forms and numbers above U+10FFFF for characters, and finds out by itself that
 * bytes are UTF-16 or UTF-32.
 */
final class Utf8 {
    /** How many characters are decoded at a time, to be thrown away. */
    private static final int CHUNK = 8192;

    private Utf8() {}

    /** Refuses JSON in any other encoding. */
    static void require(byte[] json) {
        if (json.length >= 2 && (json[0] == 0 || json[1] == 0)) { // UTF-16 or UTF-32: JSON begins with ASCII
            throw new InvalidJsonException(null, "the body must be UTF-8", null);
        }
        int fault = fault(json);
        if (fault >= 0) {
            throw new InvalidJsonException(
                    null, "the body must be UTF-8, and what begins at its byte %d is not".formatted(fault + 1), null);
        }
    }

    /** Where the first bytes are that are no character; -1: nowhere. */
    private static int fault(byte[] text) {
        CharsetDecoder decoder = UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(text);
        CharBuffer out = CharBuffer.allocate(Math.min(text.length, CHUNK) + 2);
        CoderResult result;
        do {
            result = decoder.decode(in, out.clear(), true);
        } while (result.isOverflow());
        return result.isError() ? in.position() : -1;
    }
}
