package ai.tutti.cli;

import ai.tutti.cli.rows.Row;
import ai.tutti.cli.rows.RowOutput;
import java.io.PrintStream;
import java.util.Locale;
import java.util.StringJoiner;

/** Vectors for people: of each the text and its first numbers. */
final class TableOutput implements RowOutput {
    private static final int NUMBERS = 4;
    private static final int NUMBERS_WIDTH = 48;

    private final PrintStream out;
    private final int textWidth;

    TableOutput(PrintStream out, int columns) {
        this.out = out;
        this.textWidth = Math.max(10, columns - NUMBERS_WIDTH);
    }

    @Override
    public void write(Row row, float[] vector) {
        var numbers = new StringJoiner(", ", "[", vector.length > NUMBERS ? ", …]" : "]");
        for (int i = 0; i < Math.min(NUMBERS, vector.length); i++) {
            numbers.add(String.format(Locale.ROOT, "%8.5f", vector[i]));
        }
        String text = Display.clip(row.text(), textWidth);
        int width = text.codePoints().map(Display::width).sum();
        out.println(text + " ".repeat(Math.max(0, textWidth - width)) + "  " + numbers);
    }

    @Override
    public void flush() {
        out.flush();
    }

    @Override
    public void finish() {
        out.flush();
    }

    @Override
    public void close() {}
}
