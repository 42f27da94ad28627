package ai.tutti.search;

/**
 * How many tokens a text has, where the model's tokenizer is not at hand: rather too many than too few. Vocabularies hold most
 * words of English in one or two tokens, so four letters of a word count as one; two digits do, and everything else, other
 * scripts among it, counts a character each.
 */
final class TokenEstimate {
    private static final int LETTERS = 4;
    private static final int DIGITS = 2;

    private TokenEstimate() {}

    static int of(String text) {
        int tokens = 0;
        int at = 0;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            if (isLetter(c)) {
                int end = at;
                while (end < text.length() && isLetter(text.charAt(end))) {
                    end++;
                }
                tokens += (end - at + LETTERS - 1) / LETTERS;
                at = end;
            } else if (isDigit(c)) {
                int end = at;
                while (end < text.length() && isDigit(text.charAt(end))) {
                    end++;
                }
                tokens += (end - at + DIGITS - 1) / DIGITS;
                at = end;
            } else {
                tokens += Character.isWhitespace(c) ? 0 : 1;
                at += Character.charCount(c);
            }
        }
        return tokens;
    }

    private static boolean isLetter(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0x24F && Character.isLetter(c));
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }
}
