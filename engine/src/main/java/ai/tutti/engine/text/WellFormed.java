package ai.tutti.engine.text;

/** Strings that can be written as UTF-8. JSON's {@code \ud800} lets unpaired surrogates into Java strings. */
final class WellFormed {
    private WellFormed() {}

    /** The text with U+FFFD in place of each unpaired surrogate; the same string where there is none. */
    static String of(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return repair(text, i);
            }
        }
        return text;
    }

    private static String repair(String text, int from) {
        StringBuilder repaired = new StringBuilder(text);
        for (int i = from; i < text.length(); i++) {
            if (i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(text.charAt(i))) {
                repaired.setCharAt(i, '\uFFFD');
            }
        }
        return repaired.toString();
    }
}
