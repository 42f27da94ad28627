package ai.tutti.cli.rows;

import java.util.ArrayList;
import java.util.List;

/** A record of RFC 4180 and its cells. */
final class Csv {
    private Csv() {}

    /**
     * The cells of a record. A quote within a cell that does not begin with one is an ordinary character.
     *
     * @throws RowException for a quoted cell that does not end, or goes on behind its end
     */
    static List<String> cells(String record, char delimiter, String place) {
        var cells = new ArrayList<String>();
        int from = 0;
        while (true) {
            int end;
            if (from < record.length() && record.charAt(from) == '"') {
                end = closing(record, from, place);
                cells.add(record.substring(from + 1, end).replace("\"\"", "\""));
                end++;
                if (end < record.length() && record.charAt(end) != delimiter) {
                    throw new RowException(place + ": a quoted cell goes on behind its closing quote");
                }
            } else {
                int next = record.indexOf(delimiter, from);
                end = next < 0 ? record.length() : next;
                cells.add(record.substring(from, end));
            }
            if (end >= record.length()) {
                return List.copyOf(cells);
            }
            from = end + 1;
        }
    }

    private static int closing(String record, int opening, String place) {
        for (int i = opening + 1; i < record.length(); i++) {
            if (record.charAt(i) == '"') {
                if (i + 1 == record.length() || record.charAt(i + 1) != '"') {
                    return i;
                }
                i++;
            }
        }
        throw new RowException(place + ": a quoted cell does not end");
    }

    /** A cell, in quotes where it needs them. */
    static String cell(String text, char delimiter) {
        boolean plain = text.indexOf(delimiter) < 0
                && text.indexOf('"') < 0
                && text.indexOf('\n') < 0
                && text.indexOf('\r') < 0;
        return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
}
