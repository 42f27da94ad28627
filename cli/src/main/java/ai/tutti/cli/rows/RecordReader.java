package ai.tutti.cli.rows;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Parts bytes into records by their line ends. Where cells may be quoted, a line end between quotes belongs to its cell; that
 * is all it knows of CSV. Works on bytes, as line ends, quotes and delimiters are never part of another character in UTF-8, so
 * that it can say where in the file a record ends.
 */
final class RecordReader implements Closeable {
    private static final int LONGEST = 64 << 20;

    private enum State {
        /** At the begin of a cell. */
        BEGIN,
        /** In a cell without quotes. */
        BARE,
        QUOTED,
        /** Behind a quote in a quoted cell: its end, or the first of two that stand for one. */
        QUOTE
    }

    private final InputStream in;
    private final String file;
    private final char delimiter;
    private final byte[] buffer = new byte[1 << 16];
    private int position;
    private int filled;
    private long line = 1;
    private long lines = 1;
    private long end;
    private boolean whole;

    /**
     * Reads from a stream, which is closed with it.
     *
     * @param file its name, for messages
     * @param delimiter what parts the cells that may be quoted; 0: nothing is quoted
     */
    RecordReader(InputStream in, String file, char delimiter) {
        this.in = in;
        this.file = file;
        this.delimiter = delimiter;
    }

    /** The next record without its line end; null after the last one. */
    byte @Nullable [] next() throws IOException {
        var record = new ByteArrayOutputStream();
        State state = State.BEGIN;
        long bytes = 0;
        line = lines;
        while (true) {
            if (position == filled) {
                filled = Math.max(0, in.read(buffer));
                position = 0;
                if (filled == 0) {
                    end += bytes;
                    whole = false;
                    return bytes == 0 ? null : record.toByteArray();
                }
            }
            byte next = buffer[position++];
            bytes++;
            if (next == '\n') {
                lines++;
                if (state != State.QUOTED) {
                    end += bytes;
                    whole = true;
                    return withoutReturn(record.toByteArray());
                }
            }
            if (record.size() == LONGEST) {
                throw new RowException("%s: line %d is longer than 64 MB".formatted(file, line));
            }
            record.write(next);
            if (delimiter != 0) {
                state = state(state, next);
            }
        }
    }

    private State state(State state, byte next) {
        return switch (state) {
            case BEGIN -> next == '"' ? State.QUOTED : next == delimiter ? State.BEGIN : State.BARE;
            case BARE -> next == delimiter ? State.BEGIN : State.BARE;
            case QUOTED -> next == '"' ? State.QUOTE : State.QUOTED;
            case QUOTE -> next == '"' ? State.QUOTED : next == delimiter ? State.BEGIN : next == '\r' ? State.QUOTE : State.BARE;
        };
    }

    private static byte[] withoutReturn(byte[] record) {
        return record.length > 0 && record[record.length - 1] == '\r'
                ? java.util.Arrays.copyOf(record, record.length - 1)
                : record;
    }

    /** On which line the last record began, from 1. */
    long line() {
        return line;
    }

    /** Where the last record ended, its line end included, in bytes from the begin. */
    long end() {
        return end;
    }

    /** Whether the last record had its line end. */
    boolean whole() {
        return whole;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
