package ai.tutti.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A table in Markdown, its columns aligned for people. */
final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... headings) {
        row(headings);
    }

    void row(String... cells) {
        rows.add(List.of(cells));
    }

    void print(PrintStream out) {
        int columns = rows.getFirst().size();
        var widths = new int[columns];
        rows.forEach(row -> {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        var rule = new ArrayList<String>();
        for (int width : widths) {
            rule.add("-".repeat(width));
        }
        out.println();
        out.println(line(rows.getFirst(), widths));
        out.println(line(rule, widths));
        rows.stream().skip(1).forEach(row -> out.println(line(row, widths)));
        out.println();
    }

    private static String line(List<String> cells, int[] widths) {
        var padded = new ArrayList<String>();
        for (int i = 0; i < widths.length; i++) {
            padded.add(cells.get(i) + " ".repeat(widths[i] - cells.get(i).length()));
        }
        return padded.stream().collect(Collectors.joining(" | ", "| ", " |"));
    }

    /** {@code 15,400}, with what the rounds strayed. */
    static String rate(Contest.Rate rate) {
        return "%,.0f (%,.0f to %,.0f)".formatted(rate.median(), rate.least(), rate.most());
    }

    static String ratio(Contest.Rate ours, Contest.Rate theirs) {
        return "%.2f".formatted(ours.median() / theirs.median());
    }

    static String megabytes(long bytes) {
        return "%,d MB".formatted(Math.round(bytes / 1e6));
    }
}
