package ai.tutti.search;

/** Characters that every store can keep. */
final class Texts {
    private static final int SHOWN = 80;

    private Texts() {}

    /** The text with U+FFFD for NUL, which PostgreSQL cannot store, and for unpaired surrogates; all positions stay. */
    static String storable(String text) {
        StringBuilder clean = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (c == '\0' || Character.isSurrogate(c)) {
                clean = clean == null ? new StringBuilder(text) : clean;
                clean.setCharAt(i, '\uFFFD');
            }
        }
        return clean == null ? text : clean.toString();
    }

    /** A message's first line. */
    static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    /** A text's beginning in one line, for messages. */
    static String shown(String text) {
        String start = text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
        return start.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
    }
}
