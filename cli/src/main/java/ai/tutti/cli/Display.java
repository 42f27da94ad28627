package ai.tutti.cli;

import java.util.Locale;

/** Texts from anywhere as a terminal may show them: one line, no control characters, no longer than there is room. */
final class Display {
    private static final String MORE = "…";

    private Display() {}

    /** A text's begin in at most so many columns. White space is one blank; what would steer the terminal is left out. */
    static String clip(String text, int columns) {
        var line = new StringBuilder();
        int used = 0;
        int fits = 0;
        boolean blank = false;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            i += Character.charCount(point);
            if (Character.isWhitespace(point) || point == '\u00a0') {
                blank = !line.isEmpty();
                continue;
            }
            if (!isShown(point)) {
                continue;
            }
            int width = width(point) + (blank ? 1 : 0);
            if (used + width > columns) {
                line.setLength(fits);
                return line.toString().stripTrailing() + MORE;
            }
            line.append(blank ? " " : "").appendCodePoint(point);
            blank = false;
            used += width;
            if (used < columns) {
                fits = line.length();
            }
        }
        return line.toString();
    }

    /** A text as it is, lines and all, but for what would steer the terminal. */
    static String safe(String text) {
        return text.codePoints()
                .filter(point -> point == '\n' || point == '\t' || isShown(point))
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static boolean isShown(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    /** How many columns a character takes: none for marks that stand above others, two for East Asian ones and pictures. */
    static int width(int point) {
        int type = Character.getType(point);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
            return 0;
        }
        boolean wide = (point >= 0x1100 && point <= 0x115F)
                || (point >= 0x2E80 && point <= 0xA4CF)
                || (point >= 0xAC00 && point <= 0xD7A3)
                || (point >= 0xF900 && point <= 0xFAFF)
                || (point >= 0xFE30 && point <= 0xFE6F)
                || (point >= 0xFF00 && point <= 0xFF60)
                || (point >= 0xFFE0 && point <= 0xFFE6)
                || (point >= 0x1F300 && point <= 0x1FAFF)
                || (point >= 0x20000 && point <= 0x3FFFD);
        return wide ? 2 : 1;
    }

    /** A score with four decimals, aligned whether or not it is negative. */
    static String score(double score) {
        return String.format(Locale.ROOT, "%7.4f", score);
    }
}
