package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Java strings can hold what UTF-8 cannot: JSON's {@code \ud800} is half a character. */
final class Utf16 {
    private Utf16() {}

    /** The text with a question mark for each half character. */
    static String wellFormed(String text) {
        return new String(text.getBytes(UTF_8), UTF_8);
    }
}
