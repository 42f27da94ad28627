package ai.tutti.cli.rows;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Rows for another program. */
public final class StreamOutput implements RowOutput {
    private final PrintStream out;
    private final RowLayout layout;
    private boolean begun;

    public StreamOutput(PrintStream out, RowFormat format, String field) {
        this.out = out;
        this.layout = RowLayout.of(format, field);
    }

    @Override
    public void write(Row row, float[] vector) {
        if (!begun) {
            print(layout.head(row));
            begun = true;
        }
        print(layout.record(row, vector));
    }

    private void print(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write(bytes, 0, bytes.length);
    }

    @Override
    public void flush() throws IOException {
        if (out.checkError()) {
            throw new BrokenPipeException();
        }
    }

    @Override
    public void finish() throws IOException {
        flush();
    }

    @Override
    public void close() {}
}
